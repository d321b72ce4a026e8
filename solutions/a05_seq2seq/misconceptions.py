"""What is known to go wrong in assignment 5: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "encode": [
        Misconception(
            line="states[torch.arange(N), lengths - 1]",
            becomes="states[:, -1]",
            says="The state was taken at the end of the row. Where a sequence is shorter, the reader has walked "
            "on over its padding by then. Which state came right after its last token?",
        ),
        Misconception(
            line="h: Tensor = states[torch.arange(N), lengths - 1]",
            becomes="h = states.detach()[torch.arange(N), lengths - 1]",
            says="The state was cut out of the graph. The numbers are right, but no gradient reaches the "
            "reader, and it would never learn what the writer needs.",
        ),
        Misconception(
            line="states[torch.arange(N), lengths - 1]",
            becomes="model.reader(model.read_embedding(x))[1]",
            says="The reader's second result came back as it is: its first axis is the layers', and it was "
            "taken at the end of the row, padding and all. Due is one state for each sequence.",
        ),
        Misconception(
            line="states[torch.arange(N), lengths - 1]",
            becomes="states[torch.arange(N), lengths]",
            says="A position was asked for that is not there. Positions count from 0: where does the last of "
            "five tokens stand?",
        ),
        Misconception(
            line="states[torch.arange(N), lengths - 1]",
            becomes="states[torch.arange(N), (lengths - 2).clamp(min=0)]",
            says="The state is that of one token too early: the last token of a sequence was not heard.",
        ),
        Misconception(
            line="states[torch.arange(N), lengths - 1]",
            becomes="(states * (torch.arange(T) < lengths[:, None])[:, :, None]).sum(1) / lengths[:, None]",
            says="Every state of a sequence went into a mean. The writer is to start from one of them: the "
            "one that has heard the whole sequence.",
        ),
        Misconception(
            line="states[torch.arange(N), lengths - 1]",
            becomes="states[torch.arange(N), lengths - 1][lengths.argsort(descending=True, stable=True)]",
            says="The states are in another order than the sequences, from long to short. Whoever sorts for "
            "packing has to put the rows back, or must ask for packing without sorting.",
        ),
        Misconception(
            line="model.reader(model.read_embedding(x))",
            becomes="model.reader(model.read_embedding(x.flip(1)))",
            says="The rows were read from right to left, so the padding came first. Reversing helps only if "
            "each sequence is turned round within its own length, and here none is to be.",
        ),
        Misconception(
            line="lengths.min() < 1 or ",
            becomes="",
            says="A length of zero was let through. Minus one is a position too, counted from the end, so it "
            "answered with the state over the padding and nobody noticed.",
        ),
        Misconception(
            line=" or lengths.max() > T",
            becomes="",
            says="A length beyond the end of the row ran into PyTorch's own error. The caller should be told "
            "by a ValueError which argument to look at.",
        ),
    ],
    "decode_step": [
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="model.readout(h)",
            says="These are the scores as the readout gives them. Their exponentials do not sum to one, so "
            "they are no logarithms of probabilities yet.",
        ),
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="torch.softmax(model.readout(h), dim=1)",
            says="Probabilities came back. Due are their logarithms: a logarithm of a probability is never "
            "positive, and over many steps logarithms can be added up without vanishing.",
        ),
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="log_softmax(model.readout(h), dim=0)",
            says="The softmax was taken over the batch: the sequences compete with each other. Which axis "
            "holds the tokens that one sequence may choose from?",
        ),
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="torch.log(torch.softmax(model.readout(h), dim=1))",
            says="First the exponentials, then the logarithm: where a model is certain, the exponential of an "
            "unlikely token is zero before the logarithm is taken. PyTorch does both in one step.",
        ),
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="log_softmax(torch.softmax(model.readout(h), dim=1), dim=1)",
            says="The softmax was taken twice. The second one takes probabilities for scores, and makes all "
            "of them nearly equal.",
        ),
        Misconception(
            line="h = model.writer(model.write_embedding(token), h)\n"
            "    return log_softmax(model.readout(h), dim=1), h",
            becomes="next_h = model.writer(model.write_embedding(token), h)\n"
            "    return log_softmax(model.readout(next_h), dim=1), h",
            says="The state that came back is the one that came in. The next step would start as if this one "
            "had never been.",
        ),
        Misconception(
            line="h = model.writer(model.write_embedding(token), h)\n"
            "    return log_softmax(model.readout(h), dim=1), h",
            becomes="next_h = model.writer(model.write_embedding(token), h)\n"
            "    return log_softmax(model.readout(h), dim=1), next_h",
            says="The scores were read from the state before the step. It has not heard of the token that was "
            "just written.",
        ),
        Misconception(
            line="model.writer(model.write_embedding(token), h)",
            becomes="model.writer(model.write_embedding(token))",
            says="The writer was not given its state, so it began with zeros. Everything that was read and "
            "written before is lost at this step.",
        ),
        Misconception(
            line="model.write_embedding(token)",
            becomes="model.read_embedding(token)",
            says="The token was looked up in the table of the vocabulary that is read. It is one of those that "
            "are written, and has its vector elsewhere.",
        ),
        Misconception(
            line="model.writer(model.write_embedding(token), h)",
            becomes="model.writer(model.write_embedding(token), h.detach())",
            says="The numbers are right, but no gradient passes back through the state. So an error at this "
            "step could teach neither the steps before it nor the reader.",
        ),
    ],
    "seq2seq_loss": [
        Misconception(
            line="(cost * (y[:, t] != PAD)).sum()",
            becomes="cost.sum()",
            says="PAD was charged for like any other token. It stands there to make the rows equally long; "
            "nobody will ask the model for it.",
        ),
        Misconception(
            line="loss = loss + (cost * (y[:, t] != PAD)).sum() / len(y)",
            becomes="loss = loss + cross_entropy(log_p, y[:, t], ignore_index=PAD)",
            says="At each step the mean was taken over the sequences that still go on: so the tokens of a "
            "long one weigh more, and a step at which all have ended is zero by zero.",
        ),
        Misconception(
            line="return loss",
            becomes="return loss * len(y) / (y != PAD).sum()",
            says="The loss was divided by the number of tokens. Then each token counts the same, where each "
            "answer should. Sum over time, and take the mean over the batch.",
        ),
        Misconception(
            line="return loss",
            becomes="return loss / y.shape[1]",
            says="The loss was divided by the number of columns too, so more padding would make the same "
            "answers cheaper. Sum over time, and take the mean over the batch alone.",
        ),
        Misconception(
            line="(cost * (y[:, t] != PAD)).sum() / len(y)",
            becomes="(cost * (y[:, t] != PAD)).sum()",
            says="The costs were added up over the batch. A batch of twice the size should not cost twice as "
            "much.",
        ),
        Misconception(
            line="decode_step(model, token, h)",
            becomes="decode_step(model, y[:, t], h)",
            says="Each token was shown to the writer at the very step at which it had to predict it. Copying "
            "is all that such a model learns. What had been written before this step?",
        ),
        Misconception(
            line="token = torch.full_like(y[:, 0], START)\n"
            "    loss = h.new_zeros(())\n"
            "    for t in range(y.shape[1]):",
            becomes="token = y[:, 0]\n    loss = h.new_zeros(())\n    for t in range(1, y.shape[1]):",
            says="The first token of each answer was shown and never asked for, as if START stood in front of "
            "the answers already. It does not: who says it to the writer?",
        ),
        Misconception(
            line="torch.full_like(y[:, 0], START)",
            becomes="torch.zeros_like(y[:, 0])",
            says="The writer was shown PAD at its first step. The token that opens every answer is another "
            "one, with a vector of its own.",
        ),
        Misconception(
            line="(y[:, t] != PAD)",
            becomes="(y[:, t] > END)",
            says="END costs nothing here, so the model never learns to stop. It is a token like the others: "
            "the last one of an answer.",
        ),
        Misconception(
            line="token = y[:, t]\n",
            becomes="token = log_p.argmax(dim=1)\n",
            says="The writer was shown what it would have said itself. With teacher forcing each token is "
            "predicted from the right ones before it, whatever the model thinks.",
        ),
        Misconception(
            line="log_p, h = decode_step(model, token, h)",
            becomes="log_p, _ = decode_step(model, token, h)",
            says="The state was not handed on: at each step the writer knows what was read and the one token "
            "before, and nothing else that was written.",
        ),
        Misconception(
            line="cost = -log_p.gather(1, y[:, t : t + 1]).squeeze(1)",
            becomes="cost = log_p.gather(1, y[:, t : t + 1]).squeeze(1)",
            says="The sign is the wrong way round: whoever makes this loss small makes the right answers "
            "unlikely. A cost is never negative.",
        ),
        Misconception(
            line="h = encode(model, x, lengths)",
            becomes="h = model.reader(model.read_embedding(x))[1][0]",
            says="The writer starts from the state at the end of the row, behind the padding. Is encode called, "
            "and is encode right?",
        ),
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="model.readout(h)",
            says="What was added up is the scores as they are, so the loss is no logarithm of any probability. "
            "Look at what decode_step gives back.",
        ),
        Misconception(
            line="h = encode(model, x, lengths)",
            becomes="h = encode(model, x, lengths).detach()",
            says="The loss is right, but its gradient ends where the writing begins. The reader would stay as "
            "it was born.",
        ),
    ],
    "teacher_forcing_probability": [
        Misconception(
            line="p = k**step",
            becomes="p = math.exp(-k * step)",
            says="The exponential decay was made with e. In the paper k itself is the base: a number below one "
            "that is raised to the number of steps.",
        ),
        Misconception(
            line="math.exp(min(step / k, 700.0)) / k",
            becomes="math.exp(min(step / k, 700.0))",
            says="This inverse sigmoid begins at one half. With k in the two places where the paper has it, it "
            "begins just below one: at k / (k + 1).",
        ),
        Misconception(
            line="math.exp(min(step / k, 700.0)) / k",
            becomes="math.exp(min(k * step, 700.0)) / k",
            says="In the inverse sigmoid the step was multiplied by k. A larger k should make it fall later, "
            "not sooner.",
        ),
        Misconception(
            line="math.exp(min(step / k, 700.0)) / k",
            becomes="math.exp(step / k) / k",
            says="After many steps the exponential is larger than any float, and Python gives up. The "
            "probability itself is harmless there: it is zero. Which form of the quotient says so?",
        ),
        Misconception(
            line="p = 1 - k * step",
            becomes="p = 1 - step / k",
            says="On the line the step was divided by k. Here k is the slope: what is lost at every step.",
        ),
        Misconception(
            line="max(floor, p)",
            becomes="p",
            says="Nothing holds the probability up. A line goes on below zero when its steps are over, and "
            "the caller said how low it may fall.",
        ),
        Misconception(
            line="max(floor, p)",
            becomes="max(0.0, p)",
            says="It stops at zero, whatever the caller said. How low it may fall is an argument, for each of "
            "the three decays.",
        ),
        Misconception(
            line="return max(floor, p)",
            becomes="return max(floor, p) if schedule == 'linear' else p",
            says="Only the line was held up. The other two decays fall below what the caller asked for, "
            "only more slowly.",
        ),
        Misconception(
            line="max(floor, p)",
            becomes="floor + (1 - floor) * max(0.0, p)",
            says="The whole curve was squeezed between floor and one. It should stay as it is, and be cut off "
            "where it would fall below.",
        ),
        Misconception(
            line="max(floor, p)",
            becomes="max(floor, 1 - p)",
            says="This grows with training. At first the truth is shown always, later less and less: the "
            "model's own tokens are what becomes more frequent.",
        ),
        Misconception(
            line="max(floor, p)",
            becomes="min(floor, p)",
            says="The smaller of the two was taken, so the floor is a ceiling. Which of the two is to win "
            "where the curve has fallen low?",
        ),
        Misconception(
            line="if not suits[schedule]:",
            becomes="if k <= 0:",
            says="Some k were let through that make no decay: an exponential with a base above one grows. "
            "Each schedule has a range of its own.",
        ),
        Misconception(
            line="if step < 0:",
            becomes="if step is None:",
            says="A step below zero was answered with a number. Training has no such step: the caller has "
            "made a mistake and wants to hear of it.",
        ),
    ],
    "scheduled_sampling_loss": [
        Misconception(
            line="rng.random(len(y)) < p",
            becomes="np.full(len(y), rng.random() < p)",
            says="One coin was thrown for the whole batch. The sequences are then shown the truth all "
            "together or not at all. Each has a coin of its own.",
        ),
        Misconception(
            line="truth = torch.from_numpy(rng.random(len(y)) < p)",
            becomes="truth = torch.from_numpy(rng.random(len(y)) < p) if t == 0 else truth",
            says="One coin was thrown for each sequence and kept to its end. A sequence should meet the truth "
            "at some steps and itself at others.",
        ),
        Misconception(
            line="rng.random(len(y)) < p",
            becomes="rng.random(len(y)) >= p",
            says="The two shares are exchanged: p is how often the truth is shown, and here it is how often "
            "the model's own token is.",
        ),
        Misconception(
            line="token = torch.where(truth, y[:, t], log_p.argmax(dim=1))",
            becomes="token = y[:, t]",
            says="The truth was shown at every step, whatever p says. This is the loss before; what should the "
            "writer see where the coin says no?",
        ),
        Misconception(
            line="y[:, t], log_p.argmax(dim=1))",
            becomes="y[:, max(t - 1, 0)], log_p.argmax(dim=1))",
            says="The truth that was shown is one step old. What comes next should follow on the token whose "
            "cost was just counted.",
        ),
        Misconception(
            line="log_p.argmax(dim=1)",
            becomes="torch.tensor([rng.choice(len(row), p=row) for row in log_p.detach().exp().numpy()])",
            says="The model's own token was drawn by its probabilities. That is a way too, but here the "
            "likeliest one is asked for: chance decides only whose token is shown.",
        ),
        Misconception(
            line="rng.random(len(y)) < p",
            becomes="np.random.default_rng().random(len(y)) < p",
            says="Each call throws coins of its own: chance did not come from the generator that was given, "
            "so nobody can repeat this training.",
        ),
        Misconception(
            line="(cost * (y[:, t] != PAD)).sum()",
            becomes="cost.sum()",
            says="PAD was charged for. What follows END costs nothing here either, whoever wrote the token "
            "before it.",
        ),
        Misconception(
            line="cost = -log_p.gather(1, y[:, t : t + 1]).squeeze(1)",
            becomes="cost = -log_p.max(dim=1).values",
            says="The price is that of the token which the model finds likeliest, so it may find anything. "
            "What it is shown may be its own; what it is asked for is always the truth.",
        ),
        Misconception(
            line="cost = -log_p.gather(1, y[:, t : t + 1]).squeeze(1)",
            becomes="cost = -log_p.gather(1, y[:, t : t + 1]).squeeze(1) * (t == 0 or truth)",
            says="Where the model was shown its own token, the step was left out of the loss. Those are the "
            "steps that this training is for.",
        ),
        Misconception(
            line="log_p, h = decode_step(model, token, h)",
            becomes="log_p, _ = decode_step(model, token, h)",
            says="The state was not handed on from step to step. A token of the model's own does harm only "
            "because the state remembers it.",
        ),
        Misconception(
            line="log_p, h = decode_step(model, token, h)",
            becomes="log_p, h = decode_step(model, token, h.detach())",
            says="The numbers are right and the gradient is cut at every step. A choice has no gradient; the "
            "state that goes from step to step has one.",
        ),
        Misconception(
            line="(cost * (y[:, t] != PAD)).sum() / len(y)",
            becomes="(cost * (y[:, t] != PAD)).sum() / y.numel()",
            says="The loss was divided by the number of columns too. It should be comparable with the one "
            "before: sum over time, mean over the batch.",
        ),
        Misconception(
            line="h = encode(model, x, lengths)",
            becomes="h = model.reader(model.read_embedding(x))[1][0]",
            says="The writer starts behind the padding: its first state was taken at the end of the row. Is "
            "encode called, and does it stop where each sequence ends?",
        ),
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="model.readout(h)",
            says="The costs were made of scores as they are, which are no logarithms of probabilities. Look at "
            "what decode_step gives back.",
        ),
        Misconception(
            line="if not 0 <= p <= 1:",
            becomes="if p is None:",
            says="A p outside of [0, 1] was taken for one of its ends. It is no probability, and whoever "
            "passes it should be told.",
        ),
    ],
    "greedy_decode": [
        Misconception(
            line="torch.where(ended, PAD, log_p.argmax(dim=1))",
            becomes="log_p.argmax(dim=1)",
            says="It went on writing after END. What a model says when it has finished means nothing; the "
            "rest of such a row is PAD.",
        ),
        Misconception(
            line="ended = ended | (token == END)",
            becomes="ended = token == END",
            says="One step after END a row forgot that it had ended, and began to write again. Once over is "
            "over for good.",
        ),
        Misconception(
            line="ended = ended | (token == END)",
            becomes="ended = ended | (token == END).any()",
            says="The first END in the batch ended every row. Each row ends by its own END, and the others go "
            "on.",
        ),
        Misconception(
            line="tokens.append(token)",
            becomes="tokens.append(token)\n        if ended.all():\n            break",
            says="It stopped when every row had ended, and the result is as wide as the longest of them. To "
            "stop early is fine, but the columns that remain are due, as PAD.",
        ),
        Misconception(
            line="torch.where(ended, PAD,",
            becomes="torch.where(ended, END,",
            says="After its end a row was filled up with END. It ends once; what follows is PAD.",
        ),
        Misconception(
            line="tokens.append(token)",
            becomes="tokens.append(torch.where(token == END, PAD, token))",
            says="END was cut off. The answer contains it: it is how one sees whether the model finished or "
            "was stopped.",
        ),
        Misconception(
            line="tokens = []",
            becomes="tokens = [token]",
            says="START stands at the head of each answer, so there is a column too many. It is said to the "
            "writer, and not written by it.",
        ),
        Misconception(
            line="decode_step(model, token, h)",
            becomes="decode_step(model, torch.full_like(token, START), h)",
            says="The writer was shown START at every step, and never what it had just written itself.",
        ),
        Misconception(
            line="log_p, h = decode_step(model, token, h)",
            becomes="log_p, _ = decode_step(model, token, h)",
            says="The state was not handed on, so the writer does not know how far it has come: the same "
            "token is always followed by the same.",
        ),
        Misconception(
            line="h = encode(model, x, lengths)",
            becomes="h = model.reader(model.read_embedding(x))[1][0]",
            says="It began with the state at the end of the row, behind the padding. So the answer depends on "
            "how long the other sequences of the batch are. Is encode called, and is it right?",
        ),
        Misconception(
            line="log_p.argmax(dim=1)",
            becomes="log_p[:, END:].argmax(dim=1) + END",
            says="Some tokens were never allowed to be written. A trained model avoids them by itself; the "
            "contract says the likeliest token, whichever it is.",
        ),
        Misconception(
            line="if max_length < 1:",
            becomes="if max_length < 0:",
            says="A length of zero was let through: there is no answer of no tokens, not even END. What the "
            "caller got was an error from deep inside, or an empty array.",
        ),
    ],
    "beam_search": [
        Misconception(
            line="if tokens and tokens[-1] == END:",
            becomes="if len(tokens) > max_length:",
            says="Answers that had ended were extended beyond their END. They are finished: they stay in the "
            "beam as they are, with the score that they have.",
        ),
        Misconception(
            line="extended.append((tokens, score, h))\n                continue",
            becomes="continue",
            says="Answers that had ended fell out of the beam one step later. They compete to the end with "
            "those that still go on.",
        ),
        Misconception(
            line="key=lambda way: -way[1]",
            becomes="key=lambda way: way[1]",
            says="The least likely ways were kept. Logarithms of probabilities are negative: the likeliest is "
            "the one that is closest to zero.",
        ),
        Misconception(
            line="for token, gain in enumerate(log_p[0].tolist()):",
            becomes="for gain, token in zip(*(part.tolist() for part in torch.topk(log_p[0], width))):",
            says="A beam that is wider than the vocabulary ran into an error: no way has that many ways on. It "
            "has as many as there are tokens, and that may be fewer than the width.",
        ),
        Misconception(
            line="in enumerate(log_p[0].tolist()):",
            becomes="in sorted(enumerate(log_p[0].tolist()), key=lambda pair: -pair[1])[: 1 if tokens else width]:",
            says="Each way kept its own best next token, so the beam is a few greedy answers that started "
            "differently. All ways on from all of them compete for the places together.",
        ),
        Misconception(
            line="score + gain",
            becomes="gain",
            says="Only the last token decided. The probability of an answer is the product over all of its "
            "tokens: what are its logarithms made of?",
        ),
        Misconception(
            line="score + gain",
            becomes="score + math.exp(gain)",
            says="Probabilities were added up. They are multiplied along an answer, and only their logarithms "
            "are added. With sums the longest answer always wins.",
        ),
        Misconception(
            line="key=lambda way: -way[1]",
            becomes="key=lambda way: -way[1] / len(way[0])",
            says="The ways were ordered by their score per token. That is a remedy for answers that are too "
            "short, but it is not the likeliest answer that wins then.",
        ),
        Misconception(
            line="[(tokens, score) for tokens, score, _ in beam]",
            becomes="[(tokens, score / len(tokens)) for tokens, score, _ in beam]",
            says="The scores were divided by the number of tokens. Asked for is the logarithm of the "
            "probability of the whole answer.",
        ),
        Misconception(
            line="[(tokens, score) for tokens, score, _ in beam]",
            becomes="[([token for token in tokens if token != END], score) for tokens, score, _ in beam]",
            says="END was cut off the answers. It is part of them: without it nobody can tell an answer that "
            "has ended from one that ran out of steps.",
        ),
        Misconception(
            line="[(tokens, score) for tokens, score, _ in beam]",
            becomes="[([START, *tokens], score) for tokens, score, _ in beam]",
            says="START stands in front of every answer. It is what the writer is told at first, and not one "
            "of the tokens that it writes.",
        ),
        Misconception(
            line="[(tokens, score) for tokens, score, _ in beam]",
            becomes="[(tokens, score) for tokens, score, _ in beam if tokens[-1] == END]",
            says="Only answers that have ended came back. When the steps run out, those that are still under "
            "way are answers too, as far as they have come.",
        ),
        Misconception(
            line="[(tokens, score) for tokens, score, _ in beam]",
            becomes="[(tokens, math.exp(score)) for tokens, score, _ in beam]",
            says="The probabilities themselves came back. Those of long answers are too small for any float; "
            "asked for are the logarithms.",
        ),
        Misconception(
            line="score + gain, next_h",
            becomes="score + gain, h",
            says="Each way kept the state that it had before the step. So none of them remembers what it has "
            "written, but for its last token.",
        ),
        Misconception(
            line="extended = []",
            becomes="extended = []\n        if beam[0][0][-1:] == [END]:\n            break",
            says="It stopped as soon as the likeliest way had ended. No other can overtake it, but the others "
            "were left unfinished, and they are asked for as well.",
        ),
        Misconception(
            line="log_softmax(model.readout(h), dim=1)",
            becomes="model.readout(h)",
            says="The scores of the readout were added up as they are. Only logarithms of probabilities can be "
            "compared between ways: look at what decode_step gives back.",
        ),
        Misconception(
            line='("the length of x", len(x)), ("width", width), ',
            becomes="",
            says="A width of zero or an empty x was let through. A beam without places finds nothing, and "
            "the caller should hear why.",
        ),
    ],
    "LSTMAutoencoder": [
        Misconception(
            line="states[torch.arange(len(x)), lengths - 1]",
            becomes="states[:, -1]",
            says="The code was made from the state at the end of the row, behind the padding. The reader's "
            "state after the last token of each sequence is due.",
        ),
        Misconception(
            line="torch.cat([torch.full_like(x[:, :1], START), x[:, :-1]], dim=1)",
            becomes="x",
            says="The writer was shown each token at the step at which it should say it. It will copy, and the "
            "code will stay empty. Before each token stands the one before.",
        ),
        Misconception(
            line="(costs * real).sum()",
            becomes="costs.sum()",
            says="The padding was charged for. What stands there is no part of any sequence, and the model "
            "is not asked to say it.",
        ),
        Misconception(
            line="real = torch.arange(x.shape[1]) < lengths[:, None]",
            becomes="real = x != PAD",
            says="What counts as padding was decided by the token that stands there. The padding may hold any "
            "token, and only the lengths say where it begins.",
        ),
        Misconception(
            line="(costs * real).sum() / len(x)",
            becomes="(costs * real).sum() / real.sum()",
            says="The loss is a mean over the tokens. It should be summed over time, so that it is what a whole "
            "sequence costs, and averaged over the batch alone.",
        ),
        Misconception(
            line="(costs * real).sum() / len(x)",
            becomes="(costs * real).sum() / x.numel()",
            says="The loss was divided by all places, those of the padding among them. More padding would "
            "make the same sequences cheaper.",
        ),
        Misconception(
            line="(h0, torch.zeros_like(h0))",
            becomes="(h0, h0)",
            says="The writer's cell began with what the state began with. The contract gives the code to the "
            "state, and leaves the cell at zero.",
        ),
        Misconception(
            line="self.writer(self.embedding(before), (h0, torch.zeros_like(h0)))",
            becomes="self.writer(self.embedding(before), (torch.zeros_like(h0), h0))",
            says="The code went into the writer's cell and the zeros into its state. In which order does an "
            "LSTM of PyTorch take the two?",
        ),
        Misconception(
            line="self.writer(self.embedding(before), (h0, torch.zeros_like(h0)))",
            becomes="self.writer(self.embedding(before))",
            says="The writer began with zeros and never met the code. No gradient reaches the reader then: "
            "nothing of what it reads is asked for.",
        ),
        Misconception(
            line="torch.full_like(x[:, :1], START)",
            becomes="torch.zeros_like(x[:, :1])",
            says="The writer began with PAD. The token that opens every sequence is another one.",
        ),
        Misconception(
            line="self.to_code(states[torch.arange(len(x)), lengths - 1])",
            becomes="torch.tanh(self.to_code(states[torch.arange(len(x)), lengths - 1]))",
            says="The code was squeezed through a tanh. Here it is the output of the linear layer as it "
            "stands, free to lie anywhere.",
        ),
        Misconception(
            line="self.reader = nn.LSTM(D, H, batch_first=True)",
            becomes="self.reader = nn.LSTM(D, H)",
            says="The reader took the batch for time: it read down the columns, from one sequence to the next. "
            "Left to itself, an LSTM of PyTorch wants time first.",
        ),
        Misconception(
            line="scores: Tensor = self.readout(states)",
            becomes="scores = torch.softmax(self.readout(states), dim=2)",
            says="The scores went through a softmax. PyTorch's cross-entropy takes one itself, so now there "
            "are two, and the model can hardly be sure of anything.",
        ),
    ],
    "BiTagger": [
        Misconception(
            line="packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)\n"
            "        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])",
            becomes="states, _ = self.lstm(self.embedding(x))",
            says="Going back, the second direction begins in the padding and carries it into every token. Going "
            "forward the padding comes last and does no harm; what must the way back not see?",
        ),
        Misconception(
            line="(costs * real).sum() / real.sum()",
            becomes="costs.mean()",
            says="The labels of the padding went into the loss. They are nobody's labels.",
        ),
        Misconception(
            line="(costs * real).sum() / real.sum()",
            becomes="(costs * real).mean()",
            says="The padding costs nothing, but it was counted: the sum was divided by all places. How many "
            "of them hold a token?",
        ),
        Misconception(
            line="(costs * real).sum() / real.sum()",
            becomes="(costs * real).sum() / len(x)",
            says="The costs were averaged over the sequences. A label is asked for at every token, so the mean "
            "is over the tokens.",
        ),
        Misconception(
            line="(costs * real).sum() / real.sum()",
            becomes="((costs * real).sum(dim=1) / lengths).mean()",
            says="Each sequence has its own mean, and then a mean of those was taken. A token of a short "
            "sequence weighs more that way than one of a long one.",
        ),
        Misconception(
            line="real = torch.arange(x.shape[1]) < lengths[:, None]",
            becomes="real = x != 0",
            says="What counts as padding was decided by the token that stands there. The padding may hold any "
            "token, and token 0 may be a real one: the lengths alone know.",
        ),
        Misconception(
            line='cross_entropy(self(x, lengths).transpose(1, 2), y, reduction="none")\n'
            "        real = torch.arange(x.shape[1]) < lengths[:, None]",
            becomes='cross_entropy(self(x, lengths).transpose(1, 2), y, reduction="none")\n'
            "        real = (torch.arange(x.shape[1]) < lengths[:, None]) & (y != 0)",
            says="Tokens with the label 0 were left out. Here 0 is a label like any other, and the padding is "
            "known by the lengths.",
        ),
        Misconception(
            line="pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)",
            becomes="pack_padded_sequence(self.embedding(x)[lengths.argsort(descending=True, stable=True)], "
            "lengths.sort(descending=True).values, batch_first=True)",
            says="The sequences were sorted for packing and not put back, so they carry each other's labels. "
            "PyTorch can sort them by itself, and restores the order.",
        ),
        Misconception(
            line=", total_length=x.shape[1])",
            becomes=")",
            says="Where no sequence fills its row, the scores are narrower than x: unpacking makes them as "
            "wide as the longest. It can be told how wide they should be.",
        ),
        Misconception(
            line="scores: Tensor = self.readout(states)",
            becomes="scores = torch.softmax(self.readout(states), dim=2)",
            says="The scores went through a softmax. Due are the scores; PyTorch's cross-entropy takes its "
            "softmax itself, and two of them blunt everything.",
        ),
        Misconception(
            line="scores: Tensor = self.readout(states)",
            becomes="scores = self.readout(torch.cat(states.chunk(2, dim=2)[::-1], dim=2))",
            says="The halves of the state are in the wrong order. PyTorch gives the forward direction first, "
            "and the readout's weights expect it so.",
        ),
        Misconception(
            line="scores: Tensor = self.readout(states)",
            becomes="scores = self.readout(states * torch.cat([torch.ones(states.shape[2] // 2),"
            " torch.zeros(states.shape[2] // 2)]))",
            says="The second direction says nothing: each label depends only on what stands before its token. "
            "Half of the readout's weights wait for what comes after.",
        ),
    ],
}
