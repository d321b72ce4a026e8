"""What is known to go wrong in assignment 7: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "masked_softmax": [
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n",
            becomes="\n",
            says="The softmax was taken over everything, and what is masked was struck out afterwards. What is left "
            "of a row no longer sums to one.",
        ),
        Misconception(
            line="masked_fill(~mask, -math.inf)",
            becomes="masked_fill(~mask, 0.0)",
            says="The masked scores were set to 0. That is a score like any other: its exponential is 1, and it takes "
            "its share of the row. Which score has a weight of nothing?",
        ),
        Misconception(
            line="torch.softmax(scores.masked_fill(empty, 0.0), dim=-1)",
            becomes="torch.softmax(scores.masked_fill(empty, 0.0), dim=0)",
            says="The softmax was taken over the first axis, so that the rows of the batch compete with each other. "
            "Each row is to share out its own attention.",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n",
            becomes="mask = ~mask\n    scores = scores.masked_fill(~mask, -math.inf)\n",
            says="The mask was read the other way round: what may be looked at has no weight, and what is hidden has "
            "all of it.",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n"
            "    empty = ~mask.any(dim=-1, keepdim=True)\n"
            "    # Nothing but -inf in a row would be 0 / 0, on the way back too.\n"
            "    weights = torch.softmax(scores.masked_fill(empty, 0.0), dim=-1)\n"
            "    return weights.masked_fill(~mask, 0.0)",
            becomes="weights = torch.softmax(scores, dim=-1) * mask\n"
            "    return weights / weights.sum(dim=-1, keepdim=True)",
            says="The masked scores took part in the softmax, and a division afterwards made the rest sum to one. "
            "Where a masked score is huge, or all are masked, that rest is 0, and so is what it is divided by.",
        ),
        Misconception(
            line="weights = torch.softmax(scores.masked_fill(empty, 0.0), dim=-1)\n"
            "    return weights.masked_fill(~mask, 0.0)",
            becomes="return torch.softmax(scores, dim=-1)",
            says="In a row in which all is masked there is nothing but minus infinity, and its softmax is 0 / 0. The "
            "contract says what such a row gives.",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n"
            "    empty = ~mask.any(dim=-1, keepdim=True)\n"
            "    # Nothing but -inf in a row would be 0 / 0, on the way back too.\n"
            "    weights = torch.softmax(scores.masked_fill(empty, 0.0), dim=-1)\n",
            becomes="weights = torch.softmax(scores + torch.where(mask, 0.0, -math.inf), dim=-1)\n",
            says="Minus infinity was added to the masked scores, and the nan that came of it painted over behind the "
            "softmax. On the way back the gradient passes straight through the sum, and the nan with it.",
        ),
        Misconception(
            line="return weights.masked_fill(~mask, 0.0)",
            becomes="return weights",
            says="A row in which all is masked shares its attention out evenly over what it must not see. Nothing may "
            "be looked at there, so nothing has any weight.",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n"
            "    empty = ~mask.any(dim=-1, keepdim=True)\n"
            "    # Nothing but -inf in a row would be 0 / 0, on the way back too.\n"
            "    weights = torch.softmax(scores.masked_fill(empty, 0.0), dim=-1)\n"
            "    return weights.masked_fill(~mask, 0.0)",
            becomes="bell = torch.exp(scores - scores.amax(dim=-1, keepdim=True)) * mask\n"
            "    return bell / (bell.sum(dim=-1, keepdim=True) + 1e-12)",
            says="What is masked took part in the search for the largest score. Next to a huge one under the mask all "
            "other exponentials vanish, and the row with them. Among which scores is the largest to be found?",
        ),
        Misconception(
            line="weights = torch.softmax(scores.masked_fill(empty, 0.0), dim=-1)",
            becomes="weights = scores.exp() / scores.exp().sum(dim=-1, keepdim=True).clamp(min=1e-300)",
            says="The exponential of a large score is infinite, and infinity by infinity is nan. A softmax does not "
            "change if the same is taken off all scores of a row: what would help here?",
        ),
        Misconception(
            line="mask.dtype != torch.bool or ",
            becomes="",
            says="A mask of numbers was let through. Inverting a whole number bit by bit makes -2 of 1, so it would "
            "not even mean what it seems to. The caller should be told.",
        ),
        Misconception(
            line=" or mask.shape != scores.shape",
            becomes="",
            says="A mask of another shape was stretched to fit the scores, and nobody noticed. One row's mask hides "
            "the wrong places of all other rows.",
        ),
    ],
    "additive_attention": [
        Misconception(
            line="torch.tanh((h @ Wh)[:, None] + A @ Wa) @ v",
            becomes="((h @ Wh)[:, None] + A @ Wa) @ v",
            says="Without the tanh the state adds the same number to the score of every place, and a softmax does not "
            "notice: where one looks would not depend on who is looking.",
        ),
        Misconception(
            line="masked_softmax(scores, mask)",
            becomes="torch.softmax(scores, dim=1)",
            says="The mask was not used. The places behind the end of a sequence have got their share of the weights.",
        ),
        Misconception(
            line="masked_softmax(scores, mask)",
            becomes="torch.softmax(scores.masked_fill(~mask, -math.inf), dim=1)",
            says="Where all is masked the softmax is 0 / 0 here, and so is the context. The softmax that you have "
            "built knows this case.",
        ),
        Misconception(
            line="masked_softmax(scores, mask)",
            becomes="masked_softmax(scores.mT, mask.mT).mT",
            says="The weights of one place sum to one over the batch, where those of one row should over its places.",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n",
            becomes="\n",
            says="The weights are struck out after the softmax, so the context is too small. Mend masked_softmax "
            "first.",
        ),
        Misconception(
            line="(h @ Wh)[:, None] + A @ Wa",
            becomes="A @ Wa",
            says="The state has no part in the scores: each step of a decoder would look at the same places as the "
            "one before.",
        ),
        Misconception(
            line="(weights[:, :, None] * A).sum(dim=1)",
            becomes="(weights[:, :, None] * (A @ Wa)).sum(dim=1)",
            says="The context is a mean of what was made of A for the comparison. Due is the mean of A itself.",
        ),
        Misconception(
            line="(weights[:, :, None] * A).sum(dim=1)",
            becomes="(weights[:, :, None] * A).mean(dim=1)",
            says="The weighted places were averaged, so the context was divided by their number. The weights sum to "
            "one already: they are what makes it a mean.",
        ),
        Misconception(
            line="+ A @ Wa) @ v",
            becomes="+ A @ Wa) @ v / math.sqrt(len(v))",
            says="The scores were divided by a square root. That belongs to dot products; here the tanh bounds "
            "what each unit says, and v is learned.",
        ),
        Misconception(
            line="return context, weights",
            becomes="return weights, context",
            says="Both results are there, in the wrong order: first what was seen, then where it was looked for.",
        ),
        Misconception(
            line="(weights[:, :, None] * A)",
            becomes="(weights.detach()[:, :, None] * A)",
            says="The context is right, but no gradient comes to the scores. So it would never be learned where to "
            "look.",
        ),
    ],
    "dot_product_attention": [
        Misconception(
            line=" / math.sqrt(H)",
            becomes="",
            says="The scores were left as large as they came. A sum of H products grows with H, and the softmax "
            "hardens with it; the contract asks for scaled ones.",
        ),
        Misconception(
            line="math.sqrt(H)",
            becomes="H",
            says="The scores were divided by H. A sum of H independent products has a spread of the square root of H, "
            "and that is what is to be taken out.",
        ),
        Misconception(
            line="math.sqrt(H)",
            becomes="math.sqrt(A[0, 0].numel())",
            says="The scores were scaled by the number of places. What makes them large is the number of products in "
            "each of them.",
        ),
        Misconception(
            line="torch.softmax(scores.flatten(1), dim=1).view_as(scores)",
            becomes="torch.softmax(scores, dim=2)",
            says="The softmax was taken over each row of the map by itself, so every row has a whole attention to give. "
            "All places of a map share one.",
        ),
        Misconception(
            line="torch.softmax(scores.flatten(1), dim=1)",
            becomes="torch.softmax(scores.flatten(1), dim=0)",
            says="The softmax was taken over the batch: the maps compete for each place. It is the places of one map "
            "that compete.",
        ),
        Misconception(
            line='torch.einsum("nh,nhrc->nrc", prev_h, A)',
            becomes='torch.einsum("nh,nlh->nl", prev_h, A.reshape(N, -1, H)).view(N, *A.shape[2:])',
            says="The map was reshaped where its axes should have been moved: what were taken for the features of one "
            "place are numbers from several places.",
        ),
        Misconception(
            line="return attn, attn_weights",
            becomes="return attn, attn_weights.mT",
            says="The map of weights is lying on its side: columns by rows. It is to have the layout of A, rows first.",
        ),
        Misconception(
            line="return attn, attn_weights",
            becomes="return attn, attn_weights.flatten(1)",
            says="The weights came back as one long row. To be drawn over the picture they need rows and columns "
            "again.",
        ),
        Misconception(
            line="return attn, attn_weights",
            becomes="return attn_weights, attn",
            says="Both results are there, in the wrong order: first what was seen, then where.",
        ),
        Misconception(
            line='torch.einsum("nrc,nhrc->nh", attn_weights, A)',
            becomes="A.mean(dim=(2, 3))",
            says="All places were averaged alike, and the weights were not used. That is what one had before "
            "attention.",
        ),
        Misconception(
            line='torch.einsum("nrc,nhrc->nh", attn_weights, A)',
            becomes='torch.einsum("nrc,nhrc->nh", attn_weights, A) / scores[0].numel()',
            says="What was attended was divided by the number of places too. The weights of a map sum to one: they "
            "have done that already.",
        ),
        Misconception(
            line="torch.softmax(scores.flatten(1), dim=1).view_as(scores)",
            becomes="scores.exp() / scores.exp().sum(dim=(1, 2), keepdim=True)",
            says="The exponential of a large score is infinite, and infinity by infinity is nan. PyTorch's softmax "
            "takes the largest off first.",
        ),
        Misconception(
            line='"nrc,nhrc->nh", attn_weights, A',
            becomes='"nrc,nhrc->nh", attn_weights.detach(), A',
            says="The numbers are right, but the weights were cut out of the graph. The state would never learn where "
            "to look.",
        ),
        Misconception(
            line="A.shape[:2] != (N, H) or ",
            becomes="",
            says="A map with a single feature, or a single map for all, was stretched to fit. Sizes of one are "
            "repeated silently, so they have to be asked for.",
        ),
    ],
    "attention_step_forward": [
        Misconception(
            line="i, f, o, g = ",
            becomes="i, f, g, o = ",
            says="The blocks were taken in PyTorch's order. In this course the three gates stand first, and what is "
            "to be written comes last.",
        ),
        Misconception(
            line=" + attn @ Wattn",
            becomes="",
            says="What was looked at does not reach the gates. Without it this is an ordinary LSTM.",
        ),
        Misconception(
            line="attn @ Wattn",
            becomes="attn @ Wh",
            says="What was looked at went through the matrix of the state. It has one of its own.",
        ),
        Misconception(
            line="i, f, o, g = ",
            becomes="f, i, o, g = ",
            says="The input and the forget gate are exchanged: the cell keeps where it should write, and writes where "
            "it should keep.",
        ),
        Misconception(
            line="torch.sigmoid(o) * torch.tanh(next_c)",
            becomes="torch.sigmoid(o) * next_c",
            says="The cell was shown as it is. On its way out it passes a tanh; only inside may it grow.",
        ),
        Misconception(
            line="torch.tanh(next_c)",
            becomes="torch.tanh(prev_c)",
            says="The state shows the cell from before this step. What has just been written should be seen at once.",
        ),
        Misconception(
            line="torch.tanh(g)",
            becomes="torch.sigmoid(g)",
            says="What is to be written went through a sigmoid, so the cell can only ever grow. It is no gate; it "
            "needs both signs.",
        ),
        Misconception(
            line=".chunk(4, dim=1)",
            becomes=".view(len(x), -1, 4).unbind(dim=2)",
            says="Every fourth number was taken for a gate. The gates stand side by side, each H wide.",
        ),
        Misconception(
            line=" + b)",
            becomes=")",
            says="The bias was left out. Without input, state and anything seen, the gates would all stand half open.",
        ),
        Misconception(
            line="return next_h, next_c",
            becomes="return next_c, next_h",
            says="State and cell are both right, in the wrong order: the state comes first.",
        ),
        Misconception(
            line="attn @ Wattn",
            becomes="attn.detach() @ Wattn",
            says="The numbers are right, but no gradient passes into what was looked at. Where to look would never be "
            "learned.",
        ),
    ],
    "attention_forward": [
        Misconception(
            line="h = c = A.mean(dim=(2, 3))",
            becomes="c = A.mean(dim=(2, 3))\n    h = torch.zeros_like(c)",
            says="The first state is zero, so the first look is at nothing in particular. It should begin with the "
            "mean of the map, as the cell does.",
        ),
        Misconception(
            line="h = c = A.mean(dim=(2, 3))",
            becomes="h = A.mean(dim=(2, 3))\n    c = torch.zeros_like(h)",
            says="The cell begins with zeros, as in an ordinary LSTM. Here it begins with the mean of the map, like "
            "the state.",
        ),
        Misconception(
            line="h = c = A.mean(dim=(2, 3))",
            becomes="h = c = torch.zeros_like(A[:, :, 0, 0])",
            says="State and cell begin with zeros. Both are to begin with a first impression: the mean of the map over "
            "its places.",
        ),
        Misconception(
            line="A.mean(dim=(2, 3))",
            becomes="A.sum(dim=(2, 3))",
            says="The map was summed over its places, so a larger picture makes a larger first state. Due is the mean.",
        ),
        Misconception(
            line="A.mean(dim=(2, 3))",
            becomes="A.mean(dim=(0, 2, 3)).expand(len(A), -1)",
            says="The first state is a mean over the batch too, and the same for all. Each example has a map of its "
            "own.",
        ),
        Misconception(
            line="for t in range(x.shape[1]):\n        attn, _ = dot_product_attention(h, A)\n",
            becomes="attn, _ = dot_product_attention(h, A)\n    for t in range(x.shape[1]):\n",
            says="It looked once, before the first step, and kept what it saw. The point is to look anew at every step, "
            "with the state of then.",
        ),
        Misconception(
            line="attn, _ = dot_product_attention(h, A)",
            becomes="new_h, _ = attention_step_forward(x[:, t], h, c, torch.zeros_like(h), Wx, Wh, Wattn, b)\n"
            "        attn, _ = dot_product_attention(new_h, A)",
            says="It looked with a state that had heard the input of this step already. Who looks is the previous "
            "state; what it sees goes into the step.",
        ),
        Misconception(
            line="dot_product_attention(h, A)",
            becomes="dot_product_attention(c, A)",
            says="It was the cell that looked. The cell is kept inside; the state is what others may see and use.",
        ),
        Misconception(
            line="h, c = attention_step_forward(",
            becomes="h, _ = attention_step_forward(",
            says="The cell was not handed on: every step starts from the first one again, and the long memory is gone.",
        ),
        Misconception(
            line=" / math.sqrt(H)",
            becomes="",
            says="What is looked at has other weights than it should: the scores are not scaled. Mend "
            "dot_product_attention first.",
        ),
        Misconception(
            line="i, f, o, g = ",
            becomes="i, f, g, o = ",
            says="The gates are taken in another order than they stand in the weights. Mend attention_step_forward "
            "first.",
        ),
        Misconception(
            line="torch.stack(steps, dim=1)",
            becomes="h",
            says="Only the last state came back. Due are those of all steps, one beside the other.",
        ),
        Misconception(
            line="torch.stack(steps, dim=1)",
            becomes="torch.stack(steps, dim=0)",
            says="The steps stand on the first axis and the batch on the second. In this course the batch comes first.",
        ),
        Misconception(
            line="steps = []",
            becomes="steps = [h]",
            says="The first state is among the results. Due is one state for each input, each after its step.",
        ),
        Misconception(
            line="steps.append(h)",
            becomes="steps.append(attn)",
            says="What was looked at came back, where the states were asked for that made something of it.",
        ),
        Misconception(
            line="dot_product_attention(h, A)",
            becomes="dot_product_attention(h.detach(), A)",
            says="The states are right, but a part of the gradient is missing: how the state chose where to look has "
            "been cut off.",
        ),
    ],
    "hard_attention_loss": [
        # First, because the right answer is nearly this: whoever has it is told so, and not of a mistake nearby.
        Misconception(
            line="weights[torch.arange(N), chosen]",
            becomes="weights[torch.arange(N), chosen] + 1e-8",
            says="Something small was added under the logarithm. A place that was drawn has a probability above 0, so "
            "there is nothing to be afraid of, and the result is off by a little.",
        ),
        Misconception(
            line="cost + advantage * log_p",
            becomes="cost - advantage * log_p",
            says="The sign is that for a reward. Here a loss is made small: a place that cost more than usual must "
            "become less likely, and this makes it more so.",
        ),
        Misconception(
            line="(cost - baseline).detach()",
            becomes="cost.detach() - baseline",
            says="The cost was detached and the baseline was not: a gradient flows into it, and moves it to wherever "
            "the loss is small instead of where the cost is.",
        ),
        Misconception(
            line="(cost - baseline).detach()",
            becomes="(cost - baseline)",
            says="The advantage was not detached. It is only a number here, by which a log-probability is weighed; so "
            "a second gradient passes through it, into the cost and into the baseline.",
        ),
        Misconception(
            line="torch.log(weights[torch.arange(N), chosen])",
            becomes="weights[torch.arange(N), chosen]",
            says="The logarithm is missing. A place that is likely is drawn often already; without dividing by its "
            "probability it counts twice.",
        ),
        Misconception(
            line=".mean()",
            becomes=".sum()",
            says="The rows were added up. A batch of twice the size should not cost twice as much.",
        ),
        Misconception(
            line="cost + advantage * log_p",
            becomes="advantage * log_p",
            says="The cost itself is missing from the loss. Whatever answers after the look has its gradient from "
            "there alone, and would learn nothing.",
        ),
        Misconception(
            line="cost + advantage * log_p",
            becomes="cost.detach() + advantage * log_p",
            says="The whole cost was detached, where only the advantage should be. The loss has the right value, and "
            "whatever answers after the look gets no gradient from it.",
        ),
        Misconception(
            line="cost + advantage * log_p",
            becomes="cost - baseline + advantage * log_p",
            says="The baseline was taken off the cost as well. It belongs to the advantage only; here it changes the "
            "loss, and has a gradient.",
        ),
        Misconception(
            line="advantage = (cost - baseline)",
            becomes="advantage = (cost + baseline)",
            says="The baseline was added. It is what a look usually costs, and the advantage is by how much this one "
            "differs from that.",
        ),
        Misconception(
            line="advantage = (cost - baseline)",
            becomes="advantage = cost",
            says="The baseline was not used. On average the gradient is the same without it; what it takes away is the "
            "noise.",
        ),
        Misconception(
            line="weights[torch.arange(N), chosen]",
            becomes="weights.gather(1, chosen[:, None])",
            says="The log-probabilities stand in a column and the costs in a row, and together they made a square, of "
            "everyone with everyone. Its mean looks harmless. Which of the two has an axis too many?",
        ),
        Misconception(
            line="weights[torch.arange(N), chosen]",
            becomes="weights[:, chosen]",
            says="Each row was asked about the chosen places of all the others too, and a square came out. One number "
            "is due for each row: that of its own place.",
        ),
        Misconception(
            line="torch.log(weights[torch.arange(N), chosen])",
            becomes="torch.log(weights)[torch.arange(N), chosen]",
            says="The logarithm was taken of all places, and then one was picked. For a place that nobody can choose it "
            "is minus infinity, and on the way back 0 times infinity is nan.",
        ),
        Misconception(
            line="torch.log(weights[torch.arange(N), chosen])",
            becomes="torch.log(weights.detach()[torch.arange(N), chosen])",
            says="The logarithm is right and has no gradient. It is there for its gradient alone: by it the weights "
            "learn where to look.",
        ),
        Misconception(
            line="chosen.min() < 0 or ",
            becomes="",
            says="A place of minus one was let through. Python counts it from the end, so another place was charged "
            "and nobody noticed.",
        ),
        Misconception(
            line="if cost.shape != (N,):",
            becomes="if cost.shape[0] != N:",
            says="Costs in a column were let through. With a row of log-probabilities they make a square, of everyone "
            "with everyone, and its mean looks harmless.",
        ),
    ],
    "extract_glimpse": [
        Misconception(
            line="(locations + 1) / 2",
            becomes="(locations.flip(1) + 1) / 2",
            says="Row and column are exchanged. The first number of a location is the row, which goes down, and not "
            "the x of a coordinate system.",
        ),
        Misconception(
            line="    half = size // 2\n",
            becomes="    half = size // 2\n"
            "    centre = torch.minimum(centre.clamp(min=half), last - (size - 1 - half))\n"
            "    centre = centre.clamp(min=0)\n",
            says="Near the border the glimpse was moved back into the image, so it no longer shows what was looked at. "
            "It stays where it is, and there is nothing to be seen outside.",
        ),
        Misconception(
            line="(images, (half, half, half, half))",
            becomes='(images, (half, half, half, half), mode="replicate")',
            says="Beyond the border the last pixels were repeated. Due are zeros: the network should be able to notice "
            "where an image ends.",
        ),
        Misconception(
            line="torch.floor((locations + 1) / 2 * last + 0.5)",
            becomes="torch.round((locations + 1) / 2 * last)",
            says="Exactly between two pixels it goes to the even one, so sometimes up and sometimes down. The contract "
            "says how to round there.",
        ),
        Misconception(
            line=" * last + 0.5)",
            becomes=" * last)",
            says="The pixel was cut down and not rounded: on average the glimpse lies half a pixel too far up and to "
            "the left.",
        ),
        Misconception(
            line="last = torch.tensor([R - 1, C - 1])",
            becomes="last = torch.tensor([R, C])\n    images = nn.functional.pad(images, (0, 1, 0, 1))",
            says="The locations were spread over one pixel too many. A location of 1 is the middle of the last pixel; "
            "which number has it, counted from 0?",
        ),
        Misconception(
            line="half = size // 2\n    padded = nn.functional.pad(images, (half, half, half, half))",
            becomes="half = (size - 1) // 2\n"
            "    padded = nn.functional.pad(images, (half, size, half, size))",
            says="For an even size the glimpse lies one pixel too far down and to the right. There are two in its "
            "middle then, and the contract says which of them is meant.",
        ),
        Misconception(
            line="(images, (half, half, half, half))",
            becomes="(images, (0, size, 0, size))",
            says="The glimpse begins where it should have its middle, so most of what lies around the location is not in it.",
        ),
        Misconception(
            line="rows[:, None, :, None], columns[:, None, None, :]",
            becomes="rows[:, None, None, :], columns[:, None, :, None]",
            says="The right pixels, but the glimpse is lying on its side: its rows are the image's columns.",
        ),
        Misconception(
            line="rows = centre[:, :1]",
            becomes="rows = centre[:1, :1]",
            says="All images were looked at in the row of the first one. Each has a location of its own.",
        ),
        Misconception(
            line="return padded[",
            becomes="return padded.detach()[",
            says="The pixels are right, but no gradient passes through them to whatever made the images. Is there a "
            "copy on the way, or an array of NumPy's?",
        ),
        Misconception(
            line=" or not (locations.abs() <= 1).all()",
            becomes="",
            says="A location outside the image was let through. Some glimpse came out of it, and nobody was told.",
        ),
        Misconception(
            line="not (locations.abs() <= 1).all()",
            becomes="(locations.abs() > 1).any()",
            says="A location that is no number slipped through: nan is not greater than 1, and not smaller either. "
            "Which way round does the question catch it?",
        ),
        Misconception(
            line="if size <= 0:",
            becomes="if size < 0:",
            says="A glimpse of no pixels was let through. There is nothing to see in it.",
        ),
    ],
    "draw_filters": [
        Misconception(
            line="filters.append(torch.softmax(-(distance**2) / 2, dim=2))",
            becomes="bell = torch.exp(-(distance**2) / 2)\n"
            "        filters.append(bell / bell.sum(dim=2, keepdim=True))",
            says="A filter that is narrow, or lies outside the image, is 0 at every pixel, and so is its sum: 0 / 0. "
            "To divide exponentials by their sum has a name, and a form that does not fail.",
        ),
        Misconception(
            line="filters.append(torch.softmax(-(distance**2) / 2, dim=2))",
            becomes="bell = torch.exp(-(distance**2) / 2)\n"
            "        filters.append(bell / (bell.sum(dim=2, keepdim=True) + 1e-8))",
            says="Something small was added to the sum. So no filter sums to one exactly, and one that lies far "
            "outside is 0 everywhere.",
        ),
        Misconception(
            line="torch.softmax(-(distance**2) / 2, dim=2)",
            becomes="torch.exp(-(distance**2) / 2)",
            says="The filters are not normalised: a wide one would see everything brighter. Each is to sum to one over "
            "the pixels.",
        ),
        Misconception(
            line=" / 2, dim=2)",
            becomes=" / 2, dim=1)",
            says="At each pixel the filters sum to one, where each filter should over its pixels.",
        ),
        Misconception(
            line="log_sigma.exp()",
            becomes="log_sigma.exp().square()",
            says="Sigma was squared twice: once before the distance was divided by it, and once more with the "
            "distance.",
        ),
        Misconception(
            line="log_sigma.exp()",
            becomes="(log_sigma / 2).exp()",
            says="The fourth number was taken for the logarithm of the variance, as in the paper. Here it is that of "
            "sigma itself.",
        ),
        Misconception(
            line="log_sigma.exp()",
            becomes="log_sigma",
            says="The logarithm of sigma was used as sigma. At a logarithm of 0 that would divide by 0; what is its "
            "inverse?",
        ),
        Misconception(
            line="log_stride.exp()",
            becomes="log_stride",
            says="The logarithm of the stride was used as the stride. Below one pixel it is negative, and the grid "
            "would be upside down.",
        ),
        Misconception(
            line="(torch.arange(size) - (size - 1) / 2)",
            becomes="(torch.arange(size) - size / 2)",
            says="The grid lies half a stride too far up and to the left. Counted from 0, which number is in the "
            "middle of P?",
        ),
        Misconception(
            line="-(distance**2) / 2",
            becomes="-(distance**2)",
            says="The 2 below the square is missing, so the Gaussians are narrower than sigma says.",
        ),
        Misconception(
            line="* (length - 1) + grid",
            becomes="* length + grid",
            says="The centre was spread over one pixel too many. A centre of 1 is the last pixel; which number has it, "
            "counted from 0?",
        ),
        Misconception(
            line="zip((row, column), pixels",
            becomes="zip((column, row), pixels",
            says="Row and column of the centre are exchanged. The first number of a window is the row.",
        ),
        Misconception(
            line="return F_rows, F_columns",
            becomes="return F_columns, F_rows",
            says="Both are there, in the wrong order: the filters for the rows come first.",
        ),
        Misconception(
            line="if min(pixels) < 1:",
            becomes="if min(pixels) < 0:",
            says="An image without pixels was let through. A filter cannot sum to one over nothing.",
        ),
    ],
    "draw_read": [
        Misconception(
            line="gain[:, None, None] * (F_rows",
            becomes="(F_rows",
            says="The gain was left out: a faint patch would stay as faint as it is.",
        ),
        Misconception(
            line="gain[:, None, None] * (F_rows",
            becomes="1 / gain[:, None, None] * (F_rows",
            says="The patch was divided by the gain. That is for writing; what is read is made stronger by it.",
        ),
        Misconception(
            line="(F_rows @ images @ F_columns.mT)",
            becomes="(F_rows @ images @ F_columns.mT).mT",
            says="The patch is lying on its side: its rows are the image's columns.",
        ),
        Misconception(
            line="gain[:, None, None] * (F_rows",
            becomes="gain.mean() * (F_rows",
            says="All images got the same gain, a mean over the batch. Each has one of its own.",
        ),
        Misconception(
            line="gain[:, None, None] * (F_rows",
            becomes="gain[:, None, None].exp() * (F_rows",
            says="The gain was taken for a logarithm. Here it is the factor itself.",
        ),
        Misconception(
            line="F_rows @ images @",
            becomes="F_rows @ images.detach() @",
            says="The patch is right, but no gradient passes on to whatever made the images.",
        ),
        Misconception(
            line=" or not (gain > 0).all()",
            becomes="",
            says="A gain that is not above 0 was let through. It would show a black patch, or a negative one.",
        ),
        Misconception(
            line="gain.shape != images.shape[:1]",
            becomes="len(images) != len(gain.flatten())",
            says="A gain in a column was let through. Broadcasting makes an axis of it that nobody asked for, and the "
            "error comes somewhere else.",
        ),
    ],
    "draw_write": [
        Misconception(
            line="F_rows.mT @ patch @ F_columns / gain[:, None, None]",
            becomes="gain[:, None, None] * (F_rows.mT @ patch @ F_columns)",
            says="The canvas was multiplied by the gain. Reading does that; writing takes it back.",
        ),
        Misconception(
            line=" / gain[:, None, None]",
            becomes="",
            says="The gain was left out: what was read stronger than it is would be written stronger, too.",
        ),
        Misconception(
            line=" / gain[:, None, None]",
            becomes=" / gain[:, None, None] ** 2",
            says="The canvas was divided by the gain twice. Once takes back what reading has done.",
        ),
        Misconception(
            line="F_rows.mT @ patch @ F_columns",
            becomes="F_rows.mT @ patch.mT @ F_columns",
            says="The patch was laid down on its side: its rows run along the image's columns.",
        ),
        Misconception(
            line="F_rows.mT @ patch @ F_columns",
            becomes="torch.linalg.pinv(F_rows) @ patch @ torch.linalg.pinv(F_columns).mT",
            says="The filters were inverted, so that reading gives the patch back. DRAW does not do that: it lays the "
            "same Gaussians down again, and the transpose does it.",
        ),
        Misconception(
            line=" / gain[:, None, None]",
            becomes=" / gain.mean()",
            says="All patches were divided by the same gain. Each has one of its own.",
        ),
        Misconception(
            line="F_rows.mT @ patch @",
            becomes="F_rows.mT @ patch.detach() @",
            says="The canvas is right, but no gradient passes on to whatever made the patch.",
        ),
        Misconception(
            line=" or not (gain > 0).all()",
            becomes="",
            says="A gain that is not above 0 was let through. Dividing by it makes infinities, and the canvas never "
            "gets rid of them.",
        ),
    ],
    "vqa_forward": [
        Misconception(
            line="states[torch.arange(N), lengths - 1]",
            becomes="states[:, -1]",
            says="The state was taken at the end of the row. Where a question is shorter, the reader has walked on "
            "over its padding by then.",
        ),
        Misconception(
            line="(weights[:, :, None] * A).sum(dim=1)",
            becomes="A.mean(dim=1)",
            says="All regions were averaged alike, and the weights were not used. The answer would not notice where "
            "the question looks.",
        ),
        Misconception(
            line=" / math.sqrt(query.shape[1])",
            becomes="",
            says="The dot products were not scaled. A sum of K products grows with K, and the softmax hardens with it.",
        ),
        Misconception(
            line="math.sqrt(query.shape[1])",
            becomes="math.sqrt(h.shape[1])",
            says="The dot products were scaled by the width of the state. They have as many terms as the query has "
            "numbers.",
        ),
        Misconception(
            line="math.sqrt(query.shape[1]), dim=1)",
            becomes="math.sqrt(query.shape[1]), dim=0)",
            says="The softmax was taken over the batch: the questions compete for each region. It is the regions of "
            "one picture that compete.",
        ),
        Misconception(
            line="[h, attended]",
            becomes="[attended, h]",
            says="What was seen stands before the question. The classifier's weights expect the state first.",
        ),
        Misconception(
            line="[h, attended]",
            becomes="[torch.zeros_like(h), attended]",
            says="The question decides where to look, and then it is forgotten. The answer needs both: what was seen, "
            "and what was asked.",
        ),
        Misconception(
            line="[h, attended]",
            becomes="[h, torch.zeros_like(attended)]",
            says="The picture has no part in the answer. Of many questions one guesses well without it, and that is "
            "the trap of this task.",
        ),
        Misconception(
            line="model.classifier(torch.cat([h, attended], dim=1))",
            becomes="torch.softmax(model.classifier(torch.cat([h, attended], dim=1)), dim=1)",
            says="The scores went through a softmax. Due are the scores; PyTorch's cross-entropy takes its softmax "
            "itself.",
        ),
        Misconception(
            line="h = states[torch.arange(N), lengths - 1]",
            becomes="h = states.mean(dim=1)",
            says="The states were averaged, those over the padding too. Due is the one that has heard the whole "
            "question and no more.",
        ),
        Misconception(
            line="model.key(A)",
            becomes="model.key(A.mean(dim=1, keepdim=True).expand_as(A))",
            says="All regions have the same key, so all have the same weight. Each is to be asked for what stands "
            "there.",
        ),
        Misconception(
            line="return scores, weights",
            becomes="return weights, scores",
            says="Both results are there, in the wrong order: first the scores of the answers, then where was looked.",
        ),
        Misconception(
            line="(weights[:, :, None] * A)",
            becomes="(weights.detach()[:, :, None] * A)",
            says="The numbers are right, but the weights were cut out of the graph. Query and key would stay as they "
            "were born.",
        ),
        Misconception(
            line="lengths.min() < 1 or ",
            becomes="",
            says="A length of zero was let through. Minus one is a position too, counted from the end, so the state "
            "over the padding answered.",
        ),
        Misconception(
            line="len(A) != N or ",
            becomes="",
            says="A single picture was stretched over all questions. That may be meant or a slip, and nobody would "
            "notice which.",
        ),
    ],
}
