"""What is known to go wrong in assignment 8: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "scaled_dot_product_attention": [
        Misconception(
            line=" / math.sqrt(q.shape[-1])",
            becomes="",
            says="The scores were not scaled. The wider the queries, the larger their products with the keys, and the "
            "softmax ends up with one place to look at. By what does the formula divide?",
        ),
        Misconception(
            line=" / math.sqrt(q.shape[-1])",
            becomes=" / q.shape[-1]",
            says="The scores were divided by the width itself. A sum of that many products grows like the square root of "
            "their number, so this makes all scores small and all weights alike.",
        ),
        Misconception(
            line="math.sqrt(q.shape[-1])",
            becomes="math.sqrt(k.shape[-2])",
            says="The scores were scaled by the number of keys. How large a score gets depends on how many products are "
            "added up in it, and that is the width of a query.",
        ),
        Misconception(
            line="scores.softmax(dim=-1)",
            becomes="scores.softmax(dim=-2)",
            says="The softmax runs over the queries: for each key the weights of all queries sum to one. Each query "
            "divides its own attention among the keys.",
        ),
        Misconception(
            line="scores.masked_fill(~mask, -math.inf)",
            becomes="scores.masked_fill(mask, -math.inf)",
            says="The mask was taken the other way round: everybody looks exactly where they may not. Here a truth value "
            "of True allows.",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)",
            becomes="scores = scores",
            says="The mask was applied behind the softmax. What is left of a row then sums to less than one, because keys "
            "that may not be seen have taken their share already.",
        ),
        Misconception(
            line="scores.masked_fill(~mask, -math.inf)",
            becomes="scores * mask",
            says="Forbidden scores were set to zero, and a score of zero is a score like any other: its weight is not "
            "zero. What must a score be so that its exponential vanishes?",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n"
            "    weights = scores.softmax(dim=-1)\n"
            "    if mask is not None:\n"
            "        weights = weights.masked_fill(~mask, 0.0)  # nan in a row that may look nowhere",
            becomes="scores = scores.masked_fill(~mask, -1e9)\n    weights = scores.softmax(dim=-1)",
            says="A query that may look nowhere got the mean of everything. Where all scores are the same large negative "
            "number the softmax sees no difference, and forbids nothing.",
        ),
        Misconception(
            line="weights = weights.masked_fill(~mask, 0.0)",
            becomes="weights = weights",
            says="A query that may look nowhere got nan: there is no softmax over nothing. One such row in a batch, "
            "padding for example, and every weight of the network becomes nan.",
        ),
        Misconception(
            line="scores = scores.masked_fill(~mask, -math.inf)\n    weights = scores.softmax(dim=-1)\n",
            becomes="scores = scores.masked_fill(~mask, -math.inf)\n"
            "    weights = scores.exp() / scores.exp().sum(dim=-1, keepdim=True)\n",
            says="The exponentials were taken of the scores as they are, and large ones overflow. A softmax does not "
            "change if the same number is taken off every score of a row. Which one?",
        ),
        Misconception(
            line="return weights @ v, weights",
            becomes="return weights @ v, scores",
            says="The second result are the scores. The weights are what the softmax makes of them: no weight is negative, "
            "and each row sums to one.",
        ),
        Misconception(
            line="return weights @ v, weights",
            becomes="return weights.detach() @ v, weights",
            says="No gradient gets through the weights, so queries and keys would never learn where to look. The values "
            "alone would learn.",
        ),
        Misconception(
            line="mask is not None and mask.dtype != torch.bool",
            becomes="False",
            says="A mask of numbers was let through. Some take 1 for allowed, others add minus infinity; the only thing "
            "that cannot be misread is a truth value.",
        ),
    ],
    "causal_mask": [
        Misconception(
            line=".tril()",
            becomes=".triu()",
            says="Every token may look at what follows it, and at nothing before. Row t is the one who looks, column s is "
            "what is looked at. Which of the two triangles is it?",
        ),
        Misconception(
            line=".tril()",
            becomes=".tril(-1)",
            says="No token may look at itself, and the first may look at nothing. The token at t is known when the next "
            "one is predicted, so the diagonal is allowed.",
        ),
        Misconception(
            line=".tril()",
            becomes=".tril(1)",
            says="Every token sees one step ahead, and that is exactly the one that is to be predicted. The training loss "
            "would fall to nothing, and the network could not write a word.",
        ),
        Misconception(
            line=".tril()",
            becomes=".triu(1)",
            says="The mask says where nobody may look. That is the convention of some libraries; here True is where "
            "looking is allowed.",
        ),
        Misconception(
            line="torch.ones(T, T, dtype=torch.bool).tril()",
            becomes="torch.full((T, T), -torch.inf).triu(1)",
            says="These are numbers to be added to the scores. The contract asks for truth values: where one may look, "
            "and where not.",
        ),
        Misconception(
            line="torch.ones(T, T, dtype=torch.bool).tril()",
            becomes="torch.ones(T, T, dtype=torch.bool)",
            says="Everybody may look everywhere, the future included. Which columns may the first row look at?",
        ),
        Misconception(
            line="T < 1",
            becomes="T < 0",
            says="A mask for no token at all came back without a word. Whoever asks for it has made a mistake somewhere "
            "before.",
        ),
    ],
    "positional_encoding": [
        Misconception(
            line="torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)",
            becomes="torch.cat([angle.sin(), angle.cos()], dim=1)",
            says="All sines stand in the left half and all cosines in the right one. Here the sine and the cosine of "
            "one angle stand side by side: even columns and odd ones.",
        ),
        Misconception(
            line="[angle.sin(), angle.cos()]",
            becomes="[angle.cos(), angle.sin()]",
            says="Sine and cosine have changed places. The even columns, the first among them, are sines.",
        ),
        Misconception(
            line="torch.arange(0, D, 2) / D",
            becomes="torch.arange(0, D // 2) / D",
            says="The exponent grows half as fast as it should, so no wavelength gets beyond a hundred turns of the "
            "first. For the pair i it is twice i that is divided by D.",
        ),
        Misconception(
            line="torch.arange(0, D, 2) / D",
            becomes="torch.arange(2, D + 2, 2) / D",
            says="The exponent is one pair ahead: the first pair should turn once in 2 pi positions, and does so more "
            "slowly. Pairs are counted from zero.",
        ),
        Misconception(
            line="torch.arange(0, D, 2) / D",
            becomes="torch.arange(0, D, 2) / max(D - 2, 1)",
            says="The wavelengths reach ten thousand times the first exactly, so the exponent was divided by one pair "
            "too few. In the paper the last pair stays a little below.",
        ),
        Misconception(
            line="torch.arange(T)[:, None]",
            becomes="torch.arange(1, T + 1)[:, None]",
            says="The positions were counted from 1. The first row should be that of position 0: all sines 0, all "
            "cosines 1.",
        ),
        Misconception(
            line="10_000 ** (torch.arange(0, D, 2) / D)",
            becomes="1_000 ** (torch.arange(0, D, 2) / D)",
            says="The wavelengths grow too slowly from pair to pair: the base of the power is not that of the paper.",
        ),
        Misconception(
            line="position / 10_000",
            becomes="position * 10_000",
            says="The angles were multiplied where they should be divided: each pair turns faster than the one before, so "
            "fast that the code jumps about. The hands are to get slower.",
        ),
        Misconception(
            line="torch.arange(0, D, 2) / D",
            becomes="torch.arange(0, D, 2).float() / D",
            says="The angles were computed in float32. The contract asks for the default dtype, which the checks have set to "
            "float64.",
        ),
        Misconception(
            line="D < 2 or D % 2",
            becomes="D < 2",
            says="An odd D was accepted, and what came back is not as wide as was asked. Sines and cosines come in pairs.",
        ),
    ],
    "MultiHeadAttention": [
        Misconception(
            line="columns.reshape(N, T, self.heads, D // self.heads).transpose(1, 2)",
            becomes="columns.reshape(N, self.heads, T, D // self.heads)",
            says="The shape is right and the numbers are in the wrong place: a head got all columns of some tokens "
            "in place of some columns of all tokens. Divide the last axis first, then move the new one.",
        ),
        Misconception(
            line="columns.reshape(N, T, self.heads, D // self.heads).transpose(1, 2)",
            becomes="columns.reshape(N, T, D // self.heads, self.heads).permute(0, 3, 1, 2)",
            says="Each head took every so many columns, in turns. Head j is to get the columns from j w on, side by side: "
            "which of the two factors is the slower one?",
        ),
        Misconception(
            line="found.transpose(1, 2).reshape(N, T, D)",
            becomes="found.reshape(N, T, D)",
            says="What the heads found was put together without bringing the tokens back in front. A reshape keeps the "
            "order of the numbers in memory, and there the heads still come first.",
        ),
        Misconception(
            line="self.out(found.transpose(1, 2).reshape(N, T, D))",
            becomes="found.transpose(1, 2).reshape(N, T, D) + 0 * self.out(x)",
            says="The last linear layer was forgotten. Without it nothing that one head found meets what another found.",
        ),
        Misconception(
            line="q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))",
            becomes="q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))\n"
            "        q = q / math.sqrt(self.heads)",
            says="The scores were scaled by the root of D. A head's query is only as wide as its share of the columns, "
            "and that is how many products are summed.",
        ),
        Misconception(
            line="split(self.query(x)), split(self.key(x)), split(self.value(x))",
            becomes="split(self.key(x)), split(self.query(x)), split(self.value(x))",
            says="Queries and keys have changed places: each token asks what it should answer. The scores come out "
            "transposed.",
        ),
        Misconception(
            line="split(self.query(x)), split(self.key(x)), split(self.value(x))",
            becomes="split(self.query(x)), split(self.key(x)), split(x) + 0 * split(self.value(x))",
            says="The mean was taken of the tokens themselves. A token says what it has to give through a linear layer of "
            "its own, the value.",
        ),
        Misconception(
            line="split(self.query(x)), split(self.key(x)), split(self.value(x))",
            becomes="split(self.query(x)), split(self.key(x)), split(self.key(x)) + 0 * split(self.value(x))",
            says="The keys were taken for the values too. What makes a token found and what it then has to say are two things.",
        ),
        Misconception(
            line="mask = mask.expand(N, T, T)[:, None]  # (N, 1, T, T): the same for all heads",
            becomes="mask = mask.expand(N, T, T)[None] if N == self.heads else mask.expand(N, T, T)[:, None]",
            says="The mask of a sequence ended up with a head: where there are as many sequences as heads, the two axes "
            "fit and nobody complains. Where should the axis of the heads stand in the mask?",
        ),
        Misconception(
            line="scaled_dot_product_attention(q, k, v, mask)",
            becomes="scaled_dot_product_attention(q, k, v)",
            says="The mask does not get as far as the attention: whatever it says, every token sees all the others.",
        ),
        Misconception(
            line="q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))",
            becomes="q, k, v = (part(x)[:, None] for part in (self.query, self.key, self.value))",
            says="There is only one head, over all columns, whatever number is asked for. Several softmaxes side by side "
            "are the point: each can look somewhere else.",
        ),
        Misconception(
            line="heads < 1 or D % heads",
            becomes="heads < 1",
            says="A number of heads was accepted that does not divide D. It would be found only when the first batch comes, "
            "in a reshape, with a message that names no heads.",
        ),
        Misconception(
            line=" / math.sqrt(q.shape[-1])",
            becomes="",
            says="The heads are right, but what they call is not: scaled_dot_product_attention does not scale its scores. "
            "Mend it there.",
        ),
    ],
    "TransformerBlock": [
        Misconception(
            line="y: Tensor = x + self.attention(self.norm1(x), mask)\n"
            "        z: Tensor = y + self.narrow(self.widen(self.norm2(y)).relu())",
            becomes="y: Tensor = self.norm1(x + self.attention(x, mask))\n"
            "        z: Tensor = self.norm2(y + self.narrow(self.widen(y).relu()))",
            says="The norms stand behind the residual sums, as in the paper of 2017. Asked is the other order, norm "
            "first, where the residual path runs through the whole stack untouched.",
        ),
        Misconception(
            line="x + self.attention(self.norm1(x), mask)",
            becomes="self.attention(self.norm1(x), mask)",
            says="The residual around the attention is missing: what a token was is lost, and only what it heard "
            "from the others goes on.",
        ),
        Misconception(
            line="y + self.narrow(",
            becomes="self.narrow(",
            says="The residual around the feed-forward network is missing. A deep stack then has no path on which "
            "a gradient gets through unchanged.",
        ),
        Misconception(
            line="self.norm2(y)",
            becomes="self.norm1(y) + 0 * self.norm2(y)",
            says="The first norm was used in both places. The two have weights of their own, since what they see differs.",
        ),
        Misconception(
            line="self.widen(self.norm2(y)).relu()",
            becomes="self.widen(self.norm2(y))",
            says="Between the two linear layers nothing bends: together they are one linear layer, and the width between "
            "them buys nothing.",
        ),
        Misconception(
            line="self.widen(self.norm2(y)).relu()",
            becomes="nn.functional.gelu(self.widen(self.norm2(y)))",
            says="Between the two linear layers stands a GELU, as in later models. It serves as well; but the formula "
            "here has a ReLU, and the numbers are held against it.",
        ),
        Misconception(
            line="self.attention(self.norm1(x), mask)",
            becomes="self.attention(self.norm1(x))",
            says="The mask does not get as far as the attention, so under a causal mask the block looks ahead.",
        ),
        Misconception(
            line="self.norm2(y)",
            becomes="self.norm2(x)",
            says="The feed-forward network reads what came into the block, and not what the attention made of it. Both then "
            "work side by side, where one should follow the other.",
        ),
        Misconception(
            line="x + self.attention(self.norm1(x), mask)",
            becomes="self.norm1(x) + self.attention(self.norm1(x), mask)",
            says="The residual starts behind the norm. What goes past the attention is the token as it came in, "
            "not the normed one.",
        ),
        Misconception(
            line="self.widen(self.norm2(y))",
            becomes="self.widen(y + 0 * self.norm2(y))",
            says="The second norm is missing. Sums get larger from layer to layer, and the feed-forward network sees them "
            "at any size.",
        ),
        Misconception(
            line="self.narrow(self.widen(self.norm2(y)).relu())",
            becomes="self.narrow(self.widen(self.norm2(y)).relu()).relu()",
            says="There is a ReLU behind the last linear layer too. The block could then only ever add to a token, "
            "and never take anything off.",
        ),
        Misconception(
            line="columns.reshape(N, T, self.heads, D // self.heads).transpose(1, 2)",
            becomes="columns.reshape(N, self.heads, T, D // self.heads)",
            says="The block is right, but MultiHeadAttention, which it calls, divides tokens among its heads in place of "
            "columns. Mend it there.",
        ),
        Misconception(
            line=" / math.sqrt(q.shape[-1])",
            becomes="",
            says="The block is right, but scaled_dot_product_attention, on which it stands, does not scale its scores. "
            "Mend it there.",
        ),
    ],
    "linear_recurrence": [
        Misconception(
            line="h, steps = h0, []",
            becomes="h, steps = torch.zeros_like(h0), []",
            says="The initial state was left out, as if it were zero. It is multiplied by the first factor and goes "
            "on from there.",
        ),
        Misconception(
            line="h = a[:, t] * h + b[:, t]",
            becomes="h = a[:, t] * (h + b[:, t])",
            says="What is new was multiplied by the factor as well. At each step only what was there before fades.",
        ),
        Misconception(
            line="h = a[:, t] * h + b[:, t]",
            becomes="h = h + b[:, t]",
            says="The state is only added to and never multiplied. Nothing is ever forgotten.",
        ),
        Misconception(
            line="h = a[:, t] * h + b[:, t]",
            becomes="h = b[:, t] * h + a[:, t]",
            says="The two have changed places: a multiplies what was, b is what is new.",
        ),
        Misconception(
            line="h = a[:, t] * h + b[:, t]",
            becomes="h = a[:, t] * h + (1 - a[:, t]) * b[:, t]",
            says="What is new was weighted by one minus the factor, as in a GRU. Here b is added as it is; a layer may put "
            "that weight into it beforehand.",
        ),
        Misconception(
            line="        h = a[:, t] * h + b[:, t]\n        steps.append(h)",
            becomes="        steps.append(h)\n        h = a[:, t] * h + b[:, t]",
            says="Each state was noted down before its step was taken: the result begins with the initial state, "
            "and the last one is missing.",
        ),
        Misconception(
            line="h = a[:, t] * h + b[:, t]",
            becomes="h = torch.tanh(a[:, t] * h + b[:, t])",
            says="There is a tanh around each step. Without it the recurrence is linear, and only that makes the next "
            "exercise possible.",
        ),
        Misconception(
            line="h = a[:, t] * h + b[:, t]",
            becomes="h = a[:, t] * h.detach() + b[:, t]",
            says="The values are right and no gradient gets further back than one step. Is the state detached on the way?",
        ),
        Misconception(
            line="h0.shape != (N, H)",
            becomes="False",
            says="A single state for a whole batch was accepted and silently used for every sequence. Whoever passes "
            "it has probably mixed up two axes.",
        ),
    ],
    "parallel_scan": [
        Misconception(
            line="""    reach = 1  # place t holds its last `reach` steps, merged into one
    while reach < T:
        a1, b1, a2, b2 = a[:, :-reach], b[:, :-reach], a[:, reach:], b[:, reach:]
        a = torch.cat([a[:, :reach], a2 * a1], dim=1)
        b = torch.cat([b[:, :reach], a2 * b1 + b2], dim=1)
        reach *= 2
    return a * h0[:, None] + b""",
            becomes="""    states = []
    for t in range(T):
        h0 = a[:, t] * h0 + b[:, t]
        states.append(h0)
    return torch.stack(states, dim=1)""",
            says="Every number is right, but each state waited for the one before it: this is a loop, or long stretches of one. "
            "Steps that do not need each other can be merged at the same time.",
        ),
        Misconception(
            line="a2 * b1 + b2",
            becomes="a1 * b2 + b1",
            says="Two steps were merged in the wrong order. What the earlier step added still has to go through the "
            "later one. Put the first into the second on paper.",
        ),
        Misconception(
            line="a2 * b1 + b2",
            becomes="b1 + b2",
            says="What the earlier step added was not multiplied on its way through the later one. Only where all factors "
            "are 1 is a merge a mere sum.",
        ),
        Misconception(
            line="a = torch.cat([a[:, :reach], a2 * a1], dim=1)",
            becomes="a = a",
            says="The factors were never merged. From the second round on a merged step multiplies by the product of all its "
            "factors, not by the last.",
        ),
        Misconception(
            line="return a * h0[:, None] + b",
            becomes="return b",
            says="The initial state was left out, as if it were zero. Every state holds what is left of it after all "
            "factors so far.",
        ),
        Misconception(
            line="return a * h0[:, None] + b",
            becomes="return h0[:, None] + b",
            says="The initial state was added as it was to every state. It fades with each step like everything else.",
        ),
        Misconception(
            line="return a * h0[:, None] + b",
            becomes="h = a * h0[:, None] + b\n    return torch.cat([h0[:, None], h[:, :-1]], dim=1)",
            says="The states are shifted by one: the first is the initial state and the last one is missing. That is an "
            "exclusive scan; asked is the other.",
        ),
        Misconception(
            line="while reach < T:",
            becomes="while 2 * reach <= T:",
            says="The rounds stop too early unless T is a power of two: the last places do not reach the beginning. How "
            "many rounds do 5 places need?",
        ),
        Misconception(
            line="return a * h0[:, None] + b",
            becomes="T = 1 << (T.bit_length() - 1)\n    return a[:, :T] * h0[:, None] + b[:, :T]",
            says="The sequence was cut off at a power of two. A tree need not be full: steps that do nothing (a of 1, b "
            "of 0) can fill it up, or a branch is left out.",
        ),
        Misconception(
            line="b = torch.cat([b[:, :reach], a2 * b1 + b2], dim=1)",
            becomes="b = torch.cat([b[:, :reach], a[:, reach:] * b1 + b2], dim=1)",
            says="The factors were merged first, and the new ones used for the sums of the same round. A round works "
            "on what the round before has left, for both.",
        ),
        Misconception(
            line="""    reach = 1  # place t holds its last `reach` steps, merged into one
    while reach < T:
        a1, b1, a2, b2 = a[:, :-reach], b[:, :-reach], a[:, reach:], b[:, reach:]
        a = torch.cat([a[:, :reach], a2 * a1], dim=1)
        b = torch.cat([b[:, :reach], a2 * b1 + b2], dim=1)
        reach *= 2
    return a * h0[:, None] + b""",
            becomes="""    kept = torch.cumprod(a, dim=1)
    return kept * (h0[:, None] + torch.cumsum(b / kept, dim=1))""",
            says="It divides by the product of all factors so far. One factor of zero, and nothing after it is a number; "
            "many small ones, and the product is zero all the same.",
        ),
        Misconception(
            line="reach *= 2",
            becomes="reach += 1",
            says="The distance grows by one from round to round, so steps are counted several times over. After a round each place "
            "holds twice as many steps; how far away is the next that it has not seen?",
        ),
        Misconception(
            line="return a * h0[:, None] + b",
            becomes="return a.detach() * h0[:, None] + b",
            says="The values are right and a part of the gradient is missing: what the initial state says about the "
            "factors does not get back to them.",
        ),
    ],
}
