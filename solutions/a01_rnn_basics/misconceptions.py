"""What is known to go wrong in assignment 1: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "one_hot": [
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.eye(tokens.max() + 1)[tokens]",
            says="The vectors are as long as the largest token of this batch asks for. Another batch would "
            "get vectors of another length, and no weight matrix fits both. Who knows how long they "
            "must be?",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.zeros((*tokens.shape, V))\n    out[:, :, tokens] = 1",
            says="There are ones at the place of every token that occurs anywhere in the batch. The index "
            "of the last axis was combined with all n and all t, where each (n, t) has one token of "
            "its own.",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.eye(V, dtype=int)[tokens]",
            says="The ones are in the right places, but they are whole numbers. The network computes with "
            "reals, and the contract says which kind.",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = tokens[:, :, None] == np.arange(V)",
            says="These are truth values. They point to the right places, but True is not yet the number "
            "1: a difference of two truth values, for one, is an error in NumPy.",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.eye(V, dtype=np.float32)[tokens]",
            says="The ones are float32. Nothing is lost in a one, but whatever is computed with it later "
            "is dragged down to seven digits.",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.eye(V)[tokens - 1]",
            says="Every one stands a place too early, as if tokens were counted from 1. Here the first "
            "token is 0, and -1 means the last place to NumPy, so nothing complained.",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.eye(V)[tokens].transpose(0, 2, 1)",
            says="The vocabulary's axis stands before the time axis. Each step should have its whole "
            "vector: which axis comes last?",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.eye(V)[tokens.T]",
            says="Time comes first and the batch second. All arrays of this course are batch-first.",
        ),
        Misconception(
            line="out: np.ndarray = np.eye(V)[tokens]",
            becomes="out = np.eye(V)[tokens.ravel()]",
            says="The sequences were laid end to end, N T vectors in one long row. Where one sequence ends "
            "and the next begins can no longer be seen.",
        ),
    ],
    "word_embedding_forward": [
        Misconception(
            line="out = W[x]",
            becomes="out = W[:, x]",
            says="A token picked a column. W has a row for each token and a column for each of the D "
            "features; with a one-hot vector on the left of W, which of them survives the product?",
        ),
        Misconception(
            line="return out, cache",
            becomes="return out",
            says="The vectors came back alone. Two things are due; the second is what the backward pass of "
            "chapter 2 will want to remember of this call.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = np.eye(x.max() + 1)[x] @ W",
            says="The one-hot vectors are as long as this batch's largest token asks for, so the product "
            "fits W only if the last word of the vocabulary happens to occur. W itself knows how many "
            "words there are.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = W[x - 1]",
            says="Every token got its neighbour's vector, as if tokens were counted from 1. They are "
            "counted from 0, and row -1 is the last one to NumPy, so nothing complained.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = W[x].sum(axis=1)",
            says="The vectors of a sequence were added up, and with that the order of its words is gone. "
            "Each step keeps its own vector.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = W[x].mean(axis=1)",
            says="The vectors of a sequence were averaged into one, and with that the order of its words "
            "is gone. Each step keeps its own vector.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = W[x] * np.sqrt(W.shape[1])",
            says="The vectors are sqrt(D) times too long. Transformers scale their embedding like that; "
            "here a token's vector is its row of W as it stands.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = W[x.T]",
            says="Time comes first and the batch second. All arrays of this course are batch-first.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = W[x.ravel()]",
            says="The sequences were laid end to end, N T vectors in one long row. The result has the two "
            "axes of x, and then one more.",
        ),
        Misconception(
            line="out = W[x]",
            becomes="out = W[x].astype(np.float32)",
            says="The rows were rounded to float32 on the way: seven digits are left of sixteen. The "
            "result should be as exact as W.",
        ),
    ],
    "rnn_step_forward": [
        Misconception(
            line="prev_h @ Wh",
            becomes="prev_h @ Wh.T",
            says="The state met Wh transposed. Wh is square, so the shapes cannot complain; the convention "
            "must decide. Weights multiply from the right: along which axis of Wh do the old units "
            "lie, and along which the new ones?",
        ),
        Misconception(
            line="np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="x @ Wx + prev_h @ Wh + b",
            says="The sum came back as it is, without the squashing. A network of such steps is one linear "
            "map, however long, and its state can grow without bound. Which function of the sum does "
            "the equation take?",
        ),
        Misconception(
            line=" + b)",
            becomes=")",
            says="The bias is missing. Without it a unit that hears nothing can only answer zero.",
        ),
        Misconception(
            line="x @ Wx + prev_h @ Wh + b",
            becomes="x @ Wx + b",
            says="The state before this step plays no part, so the network remembers nothing: the same "
            "character would always give the same state. Which term of the equation carries the past?",
        ),
        Misconception(
            line="x @ Wx + prev_h @ Wh + b",
            becomes="prev_h @ Wh + b",
            says="The input plays no part: this network dreams with its eyes shut. Which term of the "
            "equation reads?",
        ),
        Misconception(
            line="np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="1 / (1 + np.exp(-(x @ Wx + prev_h @ Wh + b)))",
            says="These are values of a sigmoid: all between 0 and 1. The state of this network may be "
            "negative; its function runs from -1 to 1.",
        ),
        Misconception(
            line="np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="np.maximum(0, x @ Wx + prev_h @ Wh + b)",
            says="Negative sums became zero and positive ones stayed as they were: that is a ReLU. The "
            "equation squashes from both sides.",
        ),
        Misconception(
            line="np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="np.tanh(x @ Wx) + np.tanh(prev_h @ Wh + b)",
            says="Input and state were squashed separately and then added, so the result can reach 2. The "
            "two must meet before the nonlinearity, or neither can change what the other means.",
        ),
        Misconception(
            line="np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="np.tanh(x @ Wx + prev_h @ Wh) + b",
            says="The bias was added after the squashing, so a state can leave the range from -1 to 1. It "
            "should shift the sum that is squashed.",
        ),
        Misconception(
            line="x @ Wx + prev_h @ Wh",
            becomes="x @ Wx + prev_h * Wh",
            says="The state and Wh were multiplied element by element. Each new unit listens to all old "
            "ones: which product sums over them?",
        ),
        Misconception(
            line="next_h = np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="a = x @ Wx + prev_h @ Wh + b\n"
            "    next_h = (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))",
            says="The function was put together from exponentials, and for a large sum one of them is "
            "infinite: infinity by infinity is not a number. NumPy has the whole function, and that "
            "one does not overflow.",
        ),
        Misconception(
            line="next_h = np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="prev_h[...] = np.tanh(x @ Wx + prev_h @ Wh + b)\n    next_h = prev_h",
            says="The new state was written over the old one, in the caller's own array. The caller still "
            "needs the old state: the backward pass will ask for it.",
        ),
        Misconception(
            line="return next_h, cache",
            becomes="return next_h",
            says="The state came back alone. Two things are due; the second is what the backward pass of "
            "chapter 2 will want to remember of this step.",
        ),
        Misconception(
            line="next_h = np.tanh(x @ Wx + prev_h @ Wh + b)",
            becomes="next_h = np.tanh(x @ Wx + prev_h @ Wh + b).astype(np.float32)",
            says="The state was rounded to float32: seven digits are left of sixteen. The next step starts "
            "from what is left.",
        ),
    ],
    "rnn_forward": [
        Misconception(
            line="x[:, t], prev_h, Wx",
            becomes="x[:, t], h0, Wx",
            says="Every step started from the same state, so each knows its own input and nothing of what "
            "was read before. What does the step at t leave behind for the step at t + 1?",
        ),
        Misconception(
            line="prev_h, states, cache = h0, [], []",
            becomes="prev_h, states, cache = np.zeros_like(h0), [], []",
            says="The first step started from zeros, whatever the caller gave. The initial state is an "
            "argument: it may be learned, or be the end of the text before.",
        ),
        Misconception(
            line="return np.stack(states, axis=1), cache",
            becomes="return np.stack(states), cache",
            says="Time comes first and the batch second. The states were collected in the order of time, "
            "but where does the time axis stand in the result?",
        ),
        Misconception(
            line="return np.stack(states, axis=1), cache",
            becomes="return np.stack([h0, *states], axis=1), cache",
            says="There is a state too many: the one that was there before anything was read. The caller "
            "has it already.",
        ),
        Misconception(
            line="return np.stack(states, axis=1), cache",
            becomes="return np.stack([h0, *states[:-1]], axis=1), cache",
            says="Every state stands a step too late: first the initial one, and the last is lost. The "
            "place t is for the state after input t was read.",
        ),
        Misconception(
            line="return np.stack(states, axis=1), cache",
            becomes="return prev_h, cache",
            says="Only the last state came back. That is enough to judge a whole text, but here every step "
            "will be asked for a prediction.",
        ),
        Misconception(
            line="return np.stack(states, axis=1), cache",
            becomes="return np.stack([prev_h] * len(states), axis=1), cache",
            says="All steps hold the state of the last one. An array that is overwritten at every step is "
            "still one array, however often it was put into a list.",
        ),
        Misconception(
            line="        prev_h, step_cache = rnn_step_forward",
            becomes="        prev_h[...], step_cache = rnn_step_forward",
            says="Every new state was written into the array of the initial one: all steps hold the last "
            "state now, and the caller's h0 is gone. A name can be given to a new array without "
            "touching the old.",
        ),
        Misconception(
            line="for t in range(x.shape[1]):",
            becomes="for t in range(x.shape[0]):",
            says="The loop ran as many times as there are sequences. Steps lie along another axis of x.",
        ),
        Misconception(
            line="x[:, t]",
            becomes="x[t]",
            says="At step t the network was given sequence t, all of its steps at once. A step wants the "
            "t-th input of every sequence.",
        ),
        Misconception(
            line="for t in range(x.shape[1]):",
            becomes="for t in range(1, x.shape[1]):",
            says="A state is missing: the loop left out the first input. There are as many states as inputs.",
        ),
        Misconception(
            line="for t in range(x.shape[1]):",
            becomes="for t in range(x.shape[1] - 1):",
            says="A state is missing: the loop ended before the last input. There are as many states as "
            "inputs.",
        ),
        Misconception(
            line="for t in range(x.shape[1]):",
            becomes="for t in reversed(range(x.shape[1])):",
            says="The sequences were read from their end. What is read later may depend on what came "
            "before, not the other way round.",
        ),
        Misconception(
            line="prev_h, Wx, Wh, b)",
            becomes="prev_h, Wx, Wh.T, b)",
            says="These are the states of a step that takes Wh transposed. If it is your rnn_step_forward "
            "that does, nothing is wrong here: mend it there, then check this one again.",
        ),
        Misconception(
            line="prev_h, Wx, Wh, b)",
            becomes="prev_h, Wx, Wh, np.zeros_like(b))",
            says="These are the states of a step without its bias. If it is your rnn_step_forward that "
            "leaves it out, nothing is wrong here: mend it there, then check this one again.",
        ),
        Misconception(
            line="rnn_step_forward(x[:, t], prev_h, Wx, Wh, b)",
            becomes="x[:, t] @ Wx + prev_h @ Wh + b, None",
            says="These are the states of a step that does not squash. If it is your rnn_step_forward that "
            "forgets to, nothing is wrong here: mend it there, then check this one again.",
        ),
    ],
    "temporal_affine_forward": [
        Misconception(
            line="x @ w + b",
            becomes="x @ w",
            says="The bias is missing. It is what the scores are when the state says nothing, such as how "
            "common each word is.",
        ),
        Misconception(
            line="x @ w + b",
            becomes="x @ w.T + b",
            says="w was transposed. It already has the D axis first, where a product from the right looks "
            "for it.",
        ),
        Misconception(
            line="x @ w + b",
            becomes="x.reshape(-1, x.shape[-1]) @ w + b",
            says="The steps of all sequences were laid end to end, N T rows in one matrix, and stayed like "
            "that. The caller wants to know which sequence and which step a row belongs to.",
        ),
        Misconception(
            line="x @ w + b",
            becomes="(x.transpose(1, 0, 2).reshape(-1, x.shape[-1]) @ w).reshape(*x.shape[:2], -1) + b",
            says="The right rows came back in the wrong places: they were taken out step by step and put "
            "back sequence by sequence. A reshape does not move anything, it only counts anew.",
        ),
        Misconception(
            line="x @ w + b",
            becomes="np.tanh(x @ w + b)",
            says="The scores were squashed. A score may be any number: with all of them between -1 and 1 "
            "no answer could ever be certain.",
        ),
        Misconception(
            line="out = x @ w + b",
            becomes="out = np.exp(x @ w + b)\n    out /= out.sum(axis=-1, keepdims=True)",
            says="These are probabilities already. The loss takes the scores themselves, and would apply "
            "softmax to a softmax.",
        ),
        Misconception(
            line="x @ w + b",
            becomes="np.maximum(0, x @ w + b)",
            says="Negative scores became zero. A score may be any number: an answer that is unlikely needs "
            "a low one.",
        ),
        Misconception(
            line="x @ w + b",
            becomes="x[:, -1] @ w + b",
            says="Only the last step was scored. That is enough to judge a whole text, but here every step "
            "predicts.",
        ),
        Misconception(
            line="x @ w + b",
            becomes="x.mean(axis=1) @ w + b",
            says="The steps were averaged first, so one row of scores is left for each sequence. Each step "
            "has its own.",
        ),
        Misconception(
            line="return out, cache",
            becomes="return out",
            says="The scores came back alone. Two things are due; the second is what the backward pass of "
            "chapter 2 will want to remember of this call.",
        ),
        Misconception(
            line="out = x @ w + b",
            becomes="out = (x @ w + b).astype(np.float32)",
            says="The scores were rounded to float32: seven digits are left of sixteen. The result should "
            "be as exact as the arguments.",
        ),
    ],
    "temporal_softmax_loss": [
        Misconception(
            line="mask[:, :, None] / N",
            becomes="mask[:, :, None] / mask.size",
            says="The loss was averaged over all N T places. Over time it is a sum: a longer sequence has "
            "more to get right, and what is averaged is the batch.",
        ),
        Misconception(
            line="mask[:, :, None] / N",
            becomes="mask[:, :, None] / mask.sum()",
            says="The loss was averaged over the steps that count. Over time it is a sum; what is averaged "
            "is the batch, however many of its steps count.",
        ),
        Misconception(
            line="mask[:, :, None] / N",
            becomes="mask[:, :, None]",
            says="The sum was taken over the batch too. Twice as many sequences would then mean steps of "
            "learning twice as long: what is missing?",
        ),
        Misconception(
            line="mask[:, :, None] / N",
            becomes="np.ones_like(mask)[:, :, None] / N",
            says="Steps that the mask leaves out were counted like all others. They are filling, and the "
            "network would learn to predict it.",
        ),
        Misconception(
            line="-(weight * target * log_p).sum()",
            becomes="-(target * log_p).sum() / N",
            says="The loss counts steps that the mask leaves out. The gradient does not, so the two belong "
            "to different functions.",
        ),
        Misconception(
            line="weight * (np.exp(log_p) - target)",
            becomes="(np.exp(log_p) - target) / N",
            says="The gradient is not zero at steps that the mask leaves out. The loss does not depend on "
            "those scores: what is its derivative?",
        ),
        Misconception(
            line="weight * (np.exp(log_p) - target)",
            becomes="mask[:, :, None] * (np.exp(log_p) - target)",
            says="The loss is a mean over the batch, its gradient is not. A factor in front of a function "
            "stays in front of its derivative.",
        ),
        Misconception(
            line="weight * (np.exp(log_p) - target)",
            becomes="weight * (target - np.exp(log_p))",
            says="The gradient has the opposite sign. A higher score for the right token makes the loss "
            "smaller: which sign must dx have there?",
        ),
        Misconception(
            line="weight * (np.exp(log_p) - target)",
            becomes="weight * np.exp(log_p)",
            says="The gradient holds the probabilities alone, so it pushes every score down, the right "
            "token's too. A score appears twice in log P(y) if it is the one of y: as itself, and in "
            "the sum.",
        ),
        Misconception(
            line="-(weight * target * log_p).sum()",
            becomes="(weight * target * log_p).sum()",
            says="The loss is negative. A log-probability is never above zero, and a loss should shrink as "
            "the right tokens become likelier.",
        ),
        Misconception(
            line="-(weight * target * log_p).sum()",
            becomes="-(weight * target * log_p).sum(axis=(1, 2))",
            says="Each sequence has a loss of its own. To learn from, they must become one number.",
        ),
        Misconception(
            line="shifted = x - x.max(axis=-1, keepdims=True)\n"
            "    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))\n"
            "    loss = -(weight * target * log_p).sum()",
            becomes="p = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)\n"
            "    log_p = np.log(p)\n"
            "    log_p_y = np.take_along_axis(log_p, y[:, :, None], axis=-1)\n"
            "    loss = -(weight * log_p_y).sum()",
            says="Large scores overflow: the exponential of a thousand is infinite, and infinity minus or "
            "by infinity is not a number. Softmax only sees differences between scores. Which common "
            "shift makes the largest exponent harmless?",
        ),
        Misconception(
            line="loss = -(weight * target * log_p).sum()",
            becomes="p_y = np.take_along_axis(np.exp(log_p), y[:, :, None], axis=-1)\n"
            "    loss = -(weight * np.log(p_y)).sum()",
            says="A very small probability was rounded to 0, and its logarithm is minus infinity. The "
            "logarithm of a softmax can be written without ever computing the softmax: take the "
            "logarithm of the fraction on paper.",
        ),
        Misconception(
            line="shifted = x - x.max(axis=-1, keepdims=True)",
            becomes="x -= x.max(axis=-1, keepdims=True)\n    shifted = x",
            says="The scores were shifted in place, in the caller's own array. An operator like -= does "
            "not make a new array.",
        ),
        Misconception(
            line="shifted = x - x.max(axis=-1, keepdims=True)\n"
            "    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
            becomes="shifted = x - x.max(axis=1, keepdims=True)\n"
            "    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
            says="The probabilities sum to one over the steps. At each step it is the tokens of the "
            "vocabulary that compete: along which axis do they lie?",
        ),
        Misconception(
            line="weight = mask[:, :, None] / N",
            becomes="x = x * mask[:, :, None]\n    weight = 1 / N",
            says="The mask was applied to the scores. Scores of zero are no silence: they say that all "
            "tokens are alike, and that still costs log V at every step. What should vanish is the "
            "step's loss.",
        ),
    ],
    "sequence_log_prob": [
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="log_p_y.sum(axis=1)",
            says="Steps that the mask leaves out were counted. They are filling, no part of the sequence.",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="(mask * log_p_y).sum(axis=1) / mask.sum(axis=1)",
            says="This is the mean over the steps. The chain rule multiplies one factor for each step, so "
            "a longer sequence is less probable.",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="(mask * log_p_y).mean(axis=1)",
            says="This is the mean over all T places. The chain rule multiplies one factor for each step, "
            "and no T divides anything.",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="-(mask * log_p_y).sum(axis=1)",
            says="The sign is the loss's. A probability is at most 1; on which side of zero is its "
            "logarithm?",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="np.exp((mask * log_p_y).sum(axis=1))",
            says="These are the probabilities themselves. After a thousand steps they would be too small "
            "to tell from zero, which is why their logarithm is asked for.",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="np.where(mask, log_p_y, 1).prod(axis=1)",
            says="The logarithms were multiplied. It is the probabilities that are multiplied; what "
            "becomes of a product under a logarithm?",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="(mask * log_p_y).sum(axis=0)",
            says="The sum runs over the batch and leaves a number for each step. Sequences are independent "
            "of each other; it is the steps of one sequence that belong together.",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="(mask * log_p_y).sum()",
            says="All sequences were added into one number. Each is asked for its own.",
        ),
        Misconception(
            line="log_p_y = np.take_along_axis(log_softmax, y[:, :, None], axis=-1)[:, :, 0]",
            becomes="log_p_y = np.take_along_axis(x, y[:, :, None], axis=-1)[:, :, 0]",
            says="The scores were added as they are. A score becomes a log-probability only when those of "
            "the other tokens have had their say.",
        ),
        Misconception(
            line="np.take_along_axis(log_softmax, y[:, :, None], axis=-1)[:, :, 0]",
            becomes="log_softmax.max(axis=-1)",
            says="At every step the likeliest token was counted, not the one that came. This is the "
            "log-probability of the path that the network would have liked.",
        ),
        Misconception(
            line="shifted = x - x.max(axis=-1, keepdims=True)\n"
            "    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
            becomes="p = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)\n    log_softmax = np.log(p)",
            says="Large scores overflow: the exponential of a thousand is infinite, and infinity minus or "
            "by infinity is not a number. Softmax only sees differences between scores. Which common "
            "shift makes the largest exponent harmless?",
        ),
        Misconception(
            line="np.take_along_axis(log_softmax, y[:, :, None], axis=-1)[:, :, 0]",
            becomes="np.log(np.take_along_axis(np.exp(log_softmax), y[:, :, None], axis=-1)[:, :, 0])",
            says="A very small probability was rounded to 0, and its logarithm is minus infinity. The "
            "logarithm of a softmax can be written without ever computing the softmax: take the "
            "logarithm of the fraction on paper.",
        ),
        Misconception(
            line="shifted = x - x.max(axis=-1, keepdims=True)",
            becomes="x -= x.max(axis=-1, keepdims=True)\n    shifted = x",
            says="The scores were shifted in place, in the caller's own array. An operator like -= does "
            "not make a new array.",
        ),
        Misconception(
            line="shifted = x - x.max(axis=-1, keepdims=True)\n"
            "    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
            becomes="shifted = x - x.max(axis=1, keepdims=True)\n"
            "    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
            says="The probabilities sum to one over the steps. At each step it is the tokens of the "
            "vocabulary that compete: along which axis do they lie?",
        ),
        Misconception(
            line="(mask * log_p_y).sum(axis=1)",
            becomes="log_p_y[:, -1]",
            says="Only the last step was counted. Its factor is the probability of the last token given "
            "all before; the sequence's has a factor for each token.",
        ),
    ],
    "sample": [
        Misconception(
            line="x = rng.multinomial(1, p).argmax(axis=1)",
            becomes="x = p.argmax(axis=1)",
            says="The likeliest token was taken every time, so nothing is left to chance and the same "
            "start always writes the same text. A token with probability 0.3 should come three times "
            "in ten.",
        ),
        Misconception(
            line='scores = (h @ params["W_vocab"] + params["b_vocab"]) / temperature',
            becomes='scores = (h @ params["W_vocab"] + params["b_vocab"]) * temperature',
            says="The temperature works the wrong way round: a low one makes the writer bolder. What must "
            "happen to the differences between the scores as it falls?",
        ),
        Misconception(
            line='scores = (h @ params["W_vocab"] + params["b_vocab"]) / temperature',
            becomes='scores = (h @ params["W_vocab"] + params["b_vocab"])',
            says="The temperature changes nothing. If it is there, look where: a factor common to all "
            "probabilities is lost when they are made to sum to one.",
        ),
        Misconception(
            line='params["W_embed"][x]',
            becomes='params["W_embed"][start]',
            says="At every step the first token was read again. What was drawn is the next input: that is "
            "how a text hangs together.",
        ),
        Misconception(
            line='h, _ = rnn_step_forward(params["W_embed"][x], h,',
            becomes='h, _ = rnn_step_forward(params["W_embed"][x], h0,',
            says="Every step started from the initial state, so only the last token counts and the one "
            "before it is forgotten. What does a step leave behind for the next?",
        ),
        Misconception(
            line="x, h, tokens = start, h0, []",
            becomes="x, h, tokens = start, np.zeros_like(h0), []",
            says="Writing began from a state of zeros, whatever the caller gave. The initial state holds "
            "what was read before.",
        ),
        Misconception(
            line="return np.stack(tokens, axis=1)",
            becomes="return np.stack([start, *tokens], axis=1)",
            says="There is a token too many: the one that was given. The caller has it already; what is "
            "asked for is what was written.",
        ),
        Misconception(
            line="return np.stack(tokens, axis=1)",
            becomes="return np.stack([start, *tokens[:-1]], axis=1)",
            says="The first token is the one that was given, and so the last one is missing. What is asked "
            "for is what was written.",
        ),
        Misconception(
            line="x = rng.multinomial(1, p).argmax(axis=1)",
            becomes="x = (p.cumsum(axis=1) < np.random.default_rng().random((len(p), 1))).sum(axis=1)",
            says="The frequencies are right, but chance comes from somewhere else than the generator that "
            "was given. Nobody could repeat this sample.",
        ),
        Misconception(
            line="x = rng.multinomial(1, p).argmax(axis=1)",
            becomes="x = (p.cumsum(axis=1) < rng.random()).sum(axis=1)",
            says="One number was drawn for the whole batch, so sequences with the same past all write the "
            "same. Each row needs a chance of its own.",
        ),
        Misconception(
            line="weights = np.exp(scores - scores.max(axis=1, keepdims=True))",
            becomes="weights = np.exp(scores)",
            says="At a low temperature the exponential of a score is infinite, and infinity by infinity is "
            "not a probability. Softmax only sees differences between scores: which common shift "
            "makes the largest exponent harmless?",
        ),
        Misconception(
            line="return np.stack(tokens, axis=1)",
            becomes="return np.stack(tokens)",
            says="Time comes first and the batch second. The tokens were collected in the order of time, "
            "but where does the time axis stand in the result?",
        ),
        Misconception(
            line=' + params["b_vocab"]',
            becomes="",
            says="The scores are those without b_vocab. Common tokens owe much of their score to it.",
        ),
        Misconception(
            line='params["Wh"]',
            becomes='params["Wh"].T',
            says="This is what a network writes whose step takes Wh transposed. If it is your "
            "rnn_step_forward that does, nothing is wrong here: mend it there, then check this one "
            "again.",
        ),
        Misconception(
            line='params["Wx"], params["Wh"], params["b"])',
            becomes='params["Wx"], params["Wh"], np.zeros_like(params["b"]))',
            says="This is what a network writes whose step has no bias. If it is your rnn_step_forward "
            "that leaves it out, nothing is wrong here: mend it there, then check this one again.",
        ),
    ],
}
