"""What is known to go wrong in assignment 2: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "numerical_gradient": [
        Misconception(
            line="(above - below) / (2 * epsilon)",
            becomes="(above - f(x)) / epsilon",
            says="Only one side was asked. The curvature of f then stays in the answer, and it is right to "
            "five digits instead of ten. What does a nudge the other way add?",
        ),
        Misconception(
            line="(above - below) / (2 * epsilon)",
            becomes="(above - below) / epsilon",
            says="Every number is twice as large as it should be. How far apart are the two places at which "
            "f was asked?",
        ),
        Misconception(
            line="epsilon = 1e-5",
            becomes="epsilon = 1e-12",
            says="The step is so small that the two values of f agree in nearly all their digits, and the "
            "difference is mostly rounding. A smaller step is better only until rounding takes over.",
        ),
        Misconception(
            line="epsilon = 1e-5",
            becomes="epsilon = 1e-2",
            says="The step is so large that f bends on the way: the error grows with the square of the step. "
            "Which step does the text ask for?",
        ),
        Misconception(
            line="nudged[i] = x[i]\n        dx[i]",
            becomes="dx[i]",
            says="A nudged element was not put back before the next one was nudged. By the end all elements "
            "stood elsewhere, and a gradient belongs to one place.",
        ),
        Misconception(
            line="nudged = x.copy()",
            becomes="nudged = x",
            says="The numbers come out about half as large. The step down began where the step up had "
            "ended, because the nudged array and x are one and the same: a second name makes no second array.",
        ),
        Misconception(
            line="for i in np.ndindex(x.shape):",
            becomes="for i in range(len(x)):",
            says="A whole row was nudged at once, and all of its elements got the row's answer. How many "
            "numbers does x hold, whatever its number of axes?",
        ),
        Misconception(
            line="nudged[i] = x[i] + epsilon\n"
            "        above = f(nudged)\n"
            "        nudged[i] = x[i] - epsilon\n"
            "        below = f(nudged)",
            becomes="above = f(x + epsilon)\n        below = f(x - epsilon)",
            says="All elements were nudged together, so each got the sum of all partial derivatives. A "
            "partial derivative asks what one element does while the others stand still.",
        ),
        Misconception(
            line="(above - below) / (2 * epsilon)",
            becomes="(below - above) / (2 * epsilon)",
            says="The sign is the wrong way round. Where f grows along an element, that element's "
            "derivative is positive.",
        ),
        Misconception(
            line="nudged[i] = x[i] + epsilon",
            becomes="epsilon = 1e-5 * abs(x[i])\n        nudged[i] = x[i] + epsilon",
            says="The step grows with the element: at zero it is zero, and a difference of nothing is "
            "divided by nothing. The text asks for one step everywhere.",
        ),
        Misconception(
            line="return dx",
            becomes="return dx.ravel()",
            says="The numbers came back in one long row. A gradient has one number for each element of x, "
            "in the place where that element stands.",
        ),
    ],
    "temporal_affine_backward": [
        Misconception(
            line="db = dout.sum(axis=(0, 1))",
            becomes="db = dout.sum(axis=0)",
            says="db was summed over the batch and not over time. The same b was added at every step of "
            "every sequence, and each of these places has a say.",
        ),
        Misconception(
            line="db = dout.sum(axis=(0, 1))",
            becomes="db = dout.mean(axis=(0, 1))",
            says="db is the mean of what the places say. Each place changed the loss by its own share, and "
            "shares add up; if a mean is wanted, it is in the loss and has reached dout already.",
        ),
        Misconception(
            line="dw = np.tensordot(x, dout, axes=((0, 1), (0, 1)))",
            becomes="dw = x[:, -1].T @ dout[:, -1]",
            says="dw holds the share of the last step alone, as when a loop over the steps sets it anew each "
            "time. What do the earlier steps have to say about the same w?",
        ),
        Misconception(
            line="dw = np.tensordot(x, dout, axes=((0, 1), (0, 1)))",
            becomes="dw = np.tensordot(x, dout, axes=((0, 1), (0, 1))) / len(x)",
            says="dw was divided by the number of sequences. Where the loss is a mean over the batch, that "
            "division is in dout already.",
        ),
        Misconception(
            line="dw = np.tensordot(x, dout, axes=((0, 1), (0, 1)))",
            becomes="dw = np.tensordot(x, dout, axes=((0, 1), (0, 1))) / x.shape[1]",
            says="dw was divided by the number of steps. Where the loss is a mean over time, that division "
            "is in dout already.",
        ),
        Misconception(
            line="dw = np.tensordot(x, dout, axes=((0, 1), (0, 1)))",
            becomes="dw = np.einsum('ntd,ntm->ndm', x, dout)",
            says="Every sequence has a dw of its own. They all used one w: what becomes of their shares?",
        ),
        Misconception(
            line="dw = np.tensordot(x, dout, axes=((0, 1), (0, 1)))",
            becomes="dw = np.tensordot(dout, x, axes=((0, 1), (0, 1)))",
            says="dw is transposed. A gradient has the shape of what it is the gradient of: which axis of w "
            "belongs to the inputs?",
        ),
        Misconception(
            line="dx = dout @ w.T",
            becomes="dx = dout @ w",
            says="dout met w as it stands. Forward, w leads from D numbers to M; the way back starts with M "
            "of them and has to end with D.",
        ),
        Misconception(
            line="return dx, dw, db",
            becomes="return dx, dw",
            says="Two gradients came back. Three things went into the map, and each is owed one.",
        ),
        Misconception(
            line="dx = dout @ w.T",
            becomes="dx = dout @ w.T + 0 * x\n    dout *= 1 / len(x)",
            says="dout was divided in place, in the caller's own array, and so the gradients that were taken "
            "from it afterwards came out smaller too.",
        ),
    ],
    "word_embedding_backward": [
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="dW[x] += dout",
            says="Where a word stands in several places, only one of them had its say: NumPy reads all rows "
            "first and then writes each back, so for a repeated row the last one wins.",
        ),
        Misconception(
            line="dW: np.ndarray = np.zeros_like(W)",
            becomes="dW = np.zeros((x.max() + 1, W.shape[1]))",
            says="dW has as many rows as this batch's largest token asks for. Words that did not occur have "
            "a row too, if only of zeros. Who knows how many words there are?",
        ),
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="for n in range(len(x)):\n        dW[x[n]] += dout[n]",
            says="Places in different sequences were added up, but a word that comes twice in one sequence "
            "has lost a share. When one addition names a row twice, only one of the two is kept.",
        ),
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="for t in range(x.shape[1]):\n        dW[x[:, t]] += dout[:, t]",
            says="Steps were added up, but two sequences that have the same word at the same step lose a "
            "share. When one addition names a row twice, only one of the two is kept.",
        ),
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="np.add.at(dW, x, dout)\n    dW /= np.maximum(np.bincount(x.ravel(), minlength=len(W)), 1)[:, None]",
            says="Each row is the mean over the places where its word stood. A word that stands in ten places "
            "moves the loss in ten places, and these shares add up.",
        ),
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="np.add.at(dW, x, dout)\n    dW /= len(x)",
            says="The table's gradient was divided by the number of sequences. Where the loss is a mean over "
            "the batch, that division is in dout already.",
        ),
        Misconception(
            line="dW: np.ndarray = np.zeros_like(W)",
            becomes="dW = W.copy()",
            says="The table itself is in its gradient: the collecting began with the vectors of W. What has a "
            "row collected before the first place was looked at?",
        ),
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="np.add.at(dW, x[:, -1], dout[:, -1])",
            says="Only the last step was collected. Every place where a word stood fetched its row, and "
            "every one of them has something to say about it.",
        ),
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="np.add.at(dW, x - 1, dout)",
            says="What a word is owed went to its neighbour's row, as if tokens were counted from 1. Here "
            "they are counted from 0, and row -1 is the last one to NumPy, so nothing complained.",
        ),
        Misconception(
            line="np.add.at(dW, x, dout)",
            becomes="dW = dout.copy()",
            says="What came back has the shape of out: a vector for every place. Due is a vector for every "
            "word of the vocabulary. How does one get from places to words?",
        ),
        Misconception(
            line="dW: np.ndarray = np.zeros_like(W)",
            becomes="dW = np.zeros(W.shape, dtype=np.float32)",
            says="The shares were collected in float32, where each sum is rounded to seven digits. The "
            "result should be as exact as W.",
        ),
    ],
    "rnn_step_backward": [
        Misconception(
            line="da = dnext_h * (1 - next_h**2)",
            becomes="da = dnext_h",
            says="The gradient walked through tanh as if nothing were there. Where the state is nearly 1 or "
            "-1, a nudge of the sum hardly moves it: by what factor does tanh pass a nudge on?",
        ),
        Misconception(
            line="(1 - next_h**2)",
            becomes="(1 - next_h)",
            says="The slope of tanh is nearly there, but a power is missing. At the state -1 this gives 2, "
            "where tanh is flat: a slope must be zero at both ends.",
        ),
        Misconception(
            line="(1 - next_h**2)",
            becomes="(1 - np.tanh(next_h) ** 2)",
            says="tanh was applied to what is a tanh already: this is the slope at the state, not at the sum "
            "from which the state was made.",
        ),
        Misconception(
            line="(1 - next_h**2)",
            becomes="(1 - np.arctanh(next_h) ** 2)",
            says="The slope was computed with the sum inside tanh in place of its result. The formula for the "
            "slope is in terms of what comes out of tanh.",
        ),
        Misconception(
            line="(1 - next_h**2)",
            becomes="next_h * (1 - next_h)",
            says="This is the slope of a sigmoid. The state went through a tanh, whose slope is largest where "
            "the state is zero.",
        ),
        Misconception(
            line="(1 - next_h**2)",
            becomes="(1 - prev_h**2)",
            says="The slope of tanh was taken from the state before the step. The tanh of this step made the "
            "state after it.",
        ),
        Misconception(
            line="(1 - next_h**2)",
            becomes="(1 - dnext_h**2)",
            says="The slope of tanh was computed from the gradient that came in. It depends on where the "
            "network was on the way there, so it is in the cache.",
        ),
        Misconception(
            line="da @ Wh.T",
            becomes="da @ Wh",
            says="dprev_h went through Wh as on the way there. Wh is square, so the shapes cannot complain. A "
            "unit gets back what it gave: along which axis of Wh are its own weights?",
        ),
        Misconception(
            line="dprev_h = da @ Wh.T",
            becomes="dprev_h = dnext_h @ Wh.T",
            says="The weights have the right gradients, but what is handed to the state before did not pass "
            "through tanh. Everything that went into the sum is behind the tanh.",
        ),
        Misconception(
            line="db = da.sum(axis=0)",
            becomes="db = da",
            says="db has a row for every sequence. One b was added to all rows of the batch: what does that "
            "make of its gradient?",
        ),
        Misconception(
            line="db = da.sum(axis=0)",
            becomes="db = da.mean(axis=0)",
            says="db is a mean over the batch, where the products that give dWx and dWh sum over it. If the "
            "loss is a mean, that is in the gradient that came in.",
        ),
        Misconception(
            line="dWx = x.T @ da\n    dWh = prev_h.T @ da\n    db = da.sum(axis=0)",
            becomes="dWx = x.T @ da / len(x)\n    dWh = prev_h.T @ da / len(x)\n    db = da.mean(axis=0)",
            says="The gradients of the weights were divided by the number of sequences. If the loss is a "
            "mean over the batch, that division is in the gradient that came in.",
        ),
        Misconception(
            line="dWh = prev_h.T @ da",
            becomes="dWh = next_h.T @ da",
            says="dWh was made with the state after the step. Which state did Wh multiply?",
        ),
        Misconception(
            line="dWh = prev_h.T @ da",
            becomes="dWh = da.T @ prev_h",
            says="dWh is transposed, and because it is square nothing complained. Its first axis belongs to "
            "the old units, as that of Wh does.",
        ),
        Misconception(
            line="dWh = prev_h.T @ da",
            becomes="dWh = prev_h.T @ dnext_h",
            says="dWh was made before the way through tanh. Wh is inside, and what is said of the state has "
            "to pass the tanh to get there.",
        ),
        Misconception(
            line="da = dnext_h * (1 - next_h**2)",
            becomes="dnext_h *= 1 - next_h**2\n    da = dnext_h",
            says="The way through tanh was computed in place, in the caller's own array. Whoever handed the "
            "gradient in may still need it.",
        ),
    ],
    "rnn_backward": [
        Misconception(
            line="rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="rnn_step_backward(dh[:, t], cache[t])",
            says="Every step was told what its own output says and nothing else. A state also went into the "
            "next step: what that one hands back never reached it.",
        ),
        Misconception(
            line="rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="rnn_step_backward(dh[:, t] if t == T - 1 else from_future, cache[t])",
            says="Only the last output was heard. The steps before it have outputs of their own, and what "
            "the loss says there comes on top of what the future hands back.",
        ),
        Misconception(
            line="np.sum(used, axis=0) for used",
            becomes="used[-1] for used",
            says="The gradients of the weights are those of the first step alone, as when the loop sets them "
            "anew each time. The same weights were used at every step.",
        ),
        Misconception(
            line="np.sum(used, axis=0) for used",
            becomes="used[0] for used",
            says="The gradients of the weights are those of the last step alone. The same weights were used "
            "at every step before it, and each use has a share.",
        ),
        Misconception(
            line="np.sum(used, axis=0) for used",
            becomes="np.mean(used, axis=0) for used",
            says="The shares of the steps were averaged. Each use of a weight changes the loss by its own "
            "share, so they add up; if the loss is a mean over time, dh knows it already.",
        ),
        Misconception(
            line="np.stack(dxs[::-1], axis=1)",
            becomes="np.stack(dxs, axis=1)",
            says="dx stands in the order in which it was found, the last step first. Each step's gradient "
            "belongs where its input stands.",
        ),
        Misconception(
            line="axis=1), from_future, dWx",
            becomes="axis=1), np.zeros_like(from_future), dWx",
            says="dh0 is zero. The initial state went into the first step like any other state, and what "
            "that step hands back is its gradient.",
        ),
        Misconception(
            line="dx, from_future, *gradients = rnn_step_backward(dh[:, t] + from_future, cache[t])\n"
            "        dxs.append(dx)\n"
            "        of_weights.append(gradients)\n"
            "    dWx, dWh, db = (np.sum(used, axis=0) for used in zip(*of_weights, strict=True))\n"
            "    return np.stack(dxs[::-1], axis=1), from_future, dWx, dWh, db",
            becomes="total = dh[:, t] + from_future\n"
            "        dx, from_future, *gradients = rnn_step_backward(total, cache[t])\n"
            "        dxs.append(dx)\n"
            "        of_weights.append(gradients)\n"
            "    dWx, dWh, db = (np.sum(used, axis=0) for used in zip(*of_weights, strict=True))\n"
            "    return np.stack(dxs[::-1], axis=1), total, dWx, dWh, db",
            says="dh0 is one step short: this is the gradient of the state after the first step. The state "
            "before it lies on the other side of that step.",
        ),
        Misconception(
            line="dx, from_future, *gradients = rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="dx, dprev_h, *gradients = rnn_step_backward(dh[:, t], cache[t])\n"
            "        from_future = dprev_h + from_future",
            says="What comes from the future was added behind the step instead of in front of it, so it never "
            "went through the tanh and the weights. The two gradients meet at the state itself.",
        ),
        Misconception(
            line="dx, from_future, *gradients = rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="x, prev_h, Wx, Wh, next_h = cache[t]\n"
            "        da = dh[:, t] * (1 - next_h**2) + from_future\n"
            "        dx, from_future = da @ Wx.T, da @ Wh.T\n"
            "        gradients = [x.T @ da, prev_h.T @ da, da.sum(axis=0)]",
            says="What comes from the future was added after the way through tanh. It is about the state, as "
            "the other gradient is, and the state is in front of the tanh when one walks back.",
        ),
        Misconception(
            line="from_future = np.zeros_like(dh[:, 0])",
            becomes="from_future = dh[:, -1].copy()",
            says="The last output was counted twice: the walk began with its gradient as the future's, and "
            "then it came once more as the step's own. What lies behind the last step?",
        ),
        Misconception(
            line="for t in reversed(range(T)):",
            becomes="for t in range(T):",
            says="The steps were walked in the order of reading. What a step has to be told from the future is "
            "known only after the steps behind it.",
        ),
        Misconception(
            line="for t in reversed(range(T)):",
            becomes="for t in reversed(range(1, T)):",
            says="The walk ended one step too early: the first input has no gradient. There are as many steps "
            "back as there were forward.",
        ),
        Misconception(
            line="np.stack(dxs[::-1], axis=1)",
            becomes="np.stack(dxs[::-1])",
            says="In dx time comes first and the batch second. dx has the shape of x: where does the time "
            "axis stand there?",
        ),
        Misconception(
            line="rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="rnn_step_backward(dh[:, t] + from_future, (cache[t][0], cache[0][1], *cache[t][2:]))",
            says="For dWh every step was given the initial state as the one before it. Wh multiplied another "
            "state at every step.",
        ),
        Misconception(
            line="rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="rnn_step_backward(dh[:, t] + from_future, cache[-1])",
            says="All steps were walked back with the last step's cache. Each step had inputs and a state of "
            "its own, and its slope of tanh depends on them.",
        ),
        Misconception(
            line="np.sum(used, axis=0) for used",
            becomes="np.sum(used, axis=0) / len(dh) for used",
            says="The gradients of the weights were divided by the number of sequences. If the loss is a "
            "mean over the batch, that division is in dh already.",
        ),
        Misconception(
            line="dx, from_future, *gradients = rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="dh[:, t] += from_future\n"
            "        dx, from_future, *gradients = rnn_step_backward(dh[:, t], cache[t])",
            says="What came from the future was added into dh itself. dh belongs to the caller, who finds "
            "other numbers there afterwards.",
        ),
        Misconception(
            line="rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="rnn_step_backward(dh[:, t] + from_future, cache.pop())",
            says="The cache was used up on the way back. A second call with the same cache finds nothing in "
            "it; it should be read and left as it was.",
        ),
        Misconception(
            line="dx, from_future, *gradients = rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="x, prev_h, Wx, Wh, _ = cache[t]\n"
            "        da = dh[:, t] + from_future\n"
            "        dx, from_future = da @ Wx.T, da @ Wh.T\n"
            "        gradients = [x.T @ da, prev_h.T @ da, da.sum(axis=0)]",
            says="These are the gradients of steps whose way back leaves out the tanh. If it is your "
            "rnn_step_backward that does, nothing is wrong here: mend it there, then check this one again.",
        ),
        Misconception(
            line="dx, from_future, *gradients = rnn_step_backward(dh[:, t] + from_future, cache[t])",
            becomes="x, prev_h, Wx, Wh, next_h = cache[t]\n"
            "        da = (dh[:, t] + from_future) * (1 - next_h**2)\n"
            "        dx, from_future = da @ Wx.T, da @ Wh\n"
            "        gradients = [x.T @ da, prev_h.T @ da, da.sum(axis=0)]",
            says="These are the gradients of steps that hand back through Wh as it stands. If it is your "
            "rnn_step_backward that does, nothing is wrong here: mend it there, then check this one again.",
        ),
    ],
    "truncated_bptt": [
        Misconception(
            line="own = dh[:, t] if t >= start else 0",
            becomes="own = dh[:, t]",
            says="Errors were counted more than once: at a stop, those count that came since the stop before. "
            "Steps further back are only passed through.",
        ),
        Misconception(
            line="for t in reversed(range(max(stop - k2, 0), stop)):",
            becomes="for t in reversed(range(0, stop)):",
            says="Nothing was cut: every error went back to the beginning, whatever k2 says. How many steps "
            "may it take from its stop?",
        ),
        Misconception(
            line="for t in reversed(range(max(stop - k2, 0), stop)):",
            becomes="for t in reversed(range(start, stop)):",
            says="Errors ended at the stop before, whatever k2 says. Where k2 is larger than k1, an error "
            "passes on into the piece before.",
        ),
        Misconception(
            line="for t in reversed(range(max(stop - k2, 0), stop)):",
            becomes="for t in reversed(range(max(start - k2, 0), stop)):",
            says="The k2 steps were counted from where the piece begins. They are counted from the stop, so "
            "the steps of the piece itself are among them.",
        ),
        Misconception(
            line="for t in reversed(range(max(stop - k2, 0), stop)):",
            becomes="dxs = [dx if np.ndim(dx) else np.zeros_like(cache[0][0]) for dx in dxs]\n"
            "        for t in reversed(range(max(stop - k2 + 1, 0), stop)):",
            says="Errors go back one step too few. The step at which we stop is the first of the k2.",
        ),
        Misconception(
            line="for t in reversed(range(max(stop - k2, 0), stop)):",
            becomes="for t in reversed(range(max(stop - k2 - 1, 0), stop)):",
            says="Errors go back one step too many. The step at which we stop is the first of the k2, not the "
            "one before the first.",
        ),
        Misconception(
            line="T = dh.shape[1]\n    dxs: list[Any] = [0] * T",
            becomes="k1, k2 = k2, k1\n    T = dh.shape[1]\n    dxs = [np.zeros_like(cache[0][0])] * T",
            says="The two numbers were exchanged. k1 says how often one stops, k2 how far one goes back from "
            "there.",
        ),
        Misconception(
            line="dxs: list[Any] = [0] * T\n"
            "    dh0 = np.zeros_like(dh[:, 0])\n"
            "    of_weights = []\n"
            "    for start in range(0, T, k1):",
            becomes="dxs = [np.zeros_like(cache[0][0])] * T\n"
            "    dh0 = np.zeros_like(dh[:, 0])\n"
            "    of_weights = [[np.zeros_like(array) for array in (*cache[0][2:4], cache[0][2][0])]]\n"
            "    for start in range(0, T - k1 + 1, k1):",
            says="What is left over at the end was forgotten. Where k1 does not divide T there is one more "
            "stop, at T, for the errors since the one before.",
        ),
        Misconception(
            line="for start in range(0, T, k1):\n        stop = min(start + k1, T)",
            becomes="for stop in range(T, 0, -k1):\n        start = max(stop - k1, 0)",
            says="The stops were counted from the end, so the short piece is the first. They are counted "
            "from the beginning; it is the last piece that may be short.",
        ),
        Misconception(
            line="own = dh[:, t] if t >= start else 0",
            becomes="own = dh[:, t] if t == stop - 1 else 0",
            says="Only the errors at the stops were counted. Those of the steps in between wait for the next "
            "stop and count there.",
        ),
        Misconception(
            line="dxs[t] = dxs[t] + dx",
            becomes="dxs[t] = dx",
            says="Where the ways of several stops overlap, dx holds what the last of them said. What all of "
            "them say about one input adds up.",
        ),
        Misconception(
            line="        stop = min(start + k1, T)\n",
            becomes="        stop = min(start + k1, T)\n        of_weights = []\n",
            says="The gradients of the weights are those of the last stop. What all the stops collect is "
            "added up.",
        ),
        Misconception(
            line="np.sum(used, axis=0) for used",
            becomes="np.sum(used, axis=0) / len(range(0, T, k1)) for used",
            says="The gradients of the weights were averaged over the stops. What all the stops collect is "
            "added up: each error is used once.",
        ),
        Misconception(
            line="of_weights = []\n"
            "    for start in range(0, T, k1):\n"
            "        stop = min(start + k1, T)\n"
            "        from_future = np.zeros_like(dh[:, 0])",
            becomes="of_weights = []\n"
            "    from_future = np.zeros_like(dh[:, 0])\n"
            "    for start in range(0, T, k1):\n"
            "        stop = min(start + k1, T)",
            says="A stop began with what the one before it had left to hand back. At a stop there is no "
            "future yet, so nothing comes from there.",
        ),
        Misconception(
            line="        if stop <= k2:\n            dh0 = dh0 + from_future",
            becomes="        dh0 = dh0 + from_future",
            says="dh0 got what was cut off at other steps. A stop has something to say about the initial "
            "state only if its way leads through the first step.",
        ),
        Misconception(
            line="        if stop <= k2:\n            dh0 = dh0 + from_future",
            becomes="        dh0 = from_future",
            says="dh0 is what the last stop left to hand back, wherever its way ended. What of the stops "
            "whose way did lead through the first step?",
        ),
        Misconception(
            line="if stop <= k2:",
            becomes="if start == 0:",
            says="dh0 heard the first stop alone. When k2 is large enough, the ways of later stops lead "
            "through the first step too.",
        ),
        Misconception(
            line="            dh0 = dh0 + from_future",
            becomes="            pass",
            says="dh0 is zero. A stop whose way leads through the first step has something to say about the "
            "initial state.",
        ),
        Misconception(
            line="if not 1 <= k1 <= k2:",
            becomes="if False:",
            says="k1 and k2 were not looked at before they were used. A k1 below 1, or above k2, makes no "
            "sense, and the caller should be told which argument it was.",
        ),
        Misconception(
            line="if not 1 <= k1 <= k2:",
            becomes="if k1 < 1:",
            says="A k1 above k2 went through. Some errors are then further from their stop than anything "
            "reaches, and would silently count for nothing.",
        ),
        Misconception(
            line="dx, from_future, *gradients = rnn_step_backward(own + from_future, cache[t])",
            becomes="x, prev_h, Wx, Wh, _ = cache[t]\n"
            "            da = own + from_future\n"
            "            dx, from_future = da @ Wx.T, da @ Wh.T\n"
            "            gradients = [x.T @ da, prev_h.T @ da, da.sum(axis=0)]",
            says="These are the gradients of steps whose way back leaves out the tanh. If it is your "
            "rnn_step_backward that does, nothing is wrong here: mend it there, then check this one again.",
        ),
    ],
    "train_char_rnn": [
        Misconception(
            line="        h0 = h[:, -1]\n",
            becomes="        h0 = np.zeros_like(h0)\n",
            says="Every pair was read from a state of zeros. A row goes on where it ended in the pair before, "
            "and what the network knew there should go on too.",
        ),
        Misconception(
            line="if step % len(batches) == 0:",
            becomes="if step == 0:",
            says="When the text began again, the state was still that of its end. What stood at the end of a "
            "stretch is no past of its beginning.",
        ),
        Misconception(
            line="losses[step] = loss / T",
            becomes="losses[step] = loss",
            says="The losses are T times too large. They are asked for in nats per character, and the loss "
            "function sums over time.",
        ),
        Misconception(
            line="losses[step] = loss / T",
            becomes="losses[step] = loss / T / np.log(2)",
            says="The losses are in bits. A natural logarithm gives nats, and that is the unit that is asked "
            "for.",
        ),
        Misconception(
            line="dscores / T",
            becomes="dscores",
            says="What was learned is right to about six digits. Adagrad nearly forgives a factor in front of "
            "the gradient: was it divided by T, as the loss is? Or does the small constant stand "
            "elsewhere in the formula?",
        ),
        Misconception(
            line="params[name] -= learning_rate",
            becomes="params[name] += learning_rate",
            says="The parameters moved up the slope. The gradient points to where the loss grows, and it is "
            "supposed to shrink.",
        ),
        Misconception(
            line="memory[name] += g[name] ** 2",
            becomes="memory[name] = g[name] ** 2",
            says="Only the newest gradient was remembered, so every element moves by about the same amount "
            "at every step. The sum of squares begins at zero and grows for as long as one trains.",
        ),
        Misconception(
            line="(np.sqrt(memory[name]) + 1e-8)",
            becomes="(memory[name] + 1e-8)",
            says="The step was divided by the sum of squares itself. A gradient and a squared one have "
            "different units; what brings them together?",
        ),
        Misconception(
            line=" / (np.sqrt(memory[name]) + 1e-8)",
            becomes="",
            says="This is plain gradient descent: all elements move at the same rate. The rule that is asked "
            "for remembers how large an element's gradients have been.",
        ),
        Misconception(
            line="memory[name] += g[name] ** 2",
            becomes='memory["all " + name] = g[name] = memory.get("all " + name, 0) + g[name]\n'
            "            memory[name] += g[name] ** 2",
            says="The gradients of the earlier steps are still in the newest one. A step asks where the loss "
            "shrinks from here; what was found elsewhere is spent.",
        ),
        Misconception(
            line="{name: array.copy() for name, array in params.items()}",
            becomes="dict(params)",
            says="The caller's parameters were trained. A copy of a dict still holds the same arrays, and an "
            "operator like -= works inside them.",
        ),
        Misconception(
            line="{name: array.copy() for name, array in params.items()}",
            becomes="{name: array.astype(np.float32) for name, array in params.items()}",
            says="The parameters became float32: seven digits are left of sixteen. What is small beside a "
            "weight gets lost in the sum.",
        ),
        Misconception(
            line="batches[step % len(batches)]",
            becomes="batches[0]",
            says="Every step learned from the first pair. It will know these few characters by heart, and no "
            "others.",
        ),
        Misconception(
            line="loss, dscores = temporal_softmax_loss(scores, y",
            becomes="loss, dscores = temporal_softmax_loss(scores, x",
            says="The network was asked for the token that it had just read. That is easily learned and tells "
            "nothing: what it should know is the one that follows.",
        ),
        Misconception(
            line='g["W_embed"] = word_embedding_backward(dembedded, embedding_cache)',
            becomes='g["W_embed"] = np.zeros_like(params["W_embed"])',
            says="The embedding did not learn. It is a parameter like the others, and the way back does not "
            "end at the inputs of the recurrence.",
        ),
        Misconception(
            line='if len(params["W_embed"]) < 2:',
            becomes="if False:",
            says="A vocabulary of a single token went through. There is nothing to predict, the loss is zero "
            "from the start, and whoever called should be told so.",
        ),
        Misconception(
            line="rnn_backward(dh, rnn_cache)",
            becomes="truncated_bptt(dh, rnn_cache, 1, 1)",
            says="This is what is learned when every error stays in its own step. If it is your rnn_backward "
            "that hears nothing from the future, nothing is wrong here: mend it there, then check this one again.",
        ),
    ],
    "unit_selectivity": [
        Misconception(
            line="(below + not_above).mean() / 2",
            becomes="below.mean()",
            says="Where two places are equally high the pair counted for nothing. A coin decides there: a "
            "unit that never moves should come out at a half.",
        ),
        Misconception(
            line="(below + not_above).mean() / 2",
            becomes="not_above.mean()",
            says="Where two places are equally high the pair counted as a success. A coin decides there: a "
            "unit that never moves should come out at a half.",
        ),
        Misconception(
            line="auc[j] = (below + not_above).mean() / 2 / len(outside)",
            becomes="auc[j] = 1 - (below + not_above).mean() / 2 / len(outside)",
            says="The scale is upside down: a unit that is high where y is true comes out below a half. Of "
            "the two places that are drawn, which one should be higher?",
        ),
        Misconception(
            line="    return auc",
            becomes="    return np.maximum(auc, 1 - auc)",
            says="Nothing came out below a half. A unit that is low where y is true tells the places apart as "
            "well, but which way round it does so was folded away.",
        ),
        Misconception(
            line="    return auc",
            becomes="    return 2 * auc - 1",
            says="The numbers run from -1 to 1, with 0 for chance. What is asked for is a probability, and "
            "chance is a half.",
        ),
        Misconception(
            line="auc[j] = (below + not_above).mean() / 2 / len(outside)",
            becomes="auc[j] = inside[:, j].mean() - outside[:, j].mean()",
            says="These are differences between two means. They depend on how far a unit moves at all, and "
            "two means can differ where hardly any pair of places does.",
        ),
        Misconception(
            line="auc[j] = (below + not_above).mean() / 2 / len(outside)",
            becomes="auc[j] = np.corrcoef(h[:, j], y)[0, 1]",
            says="These are correlations with y. They ask for a straight line; the question was only which of "
            "two places is the higher one.",
        ),
        Misconception(
            line="auc[j] = (below + not_above).mean() / 2 / len(outside)",
            becomes="auc[j] = ((h[:, j] > 0) == y).mean()",
            says="This counts how often the sign of the unit agrees with y. A unit may tell the places apart "
            "at another height than zero, and the common kind of place should not count for more.",
        ),
        Misconception(
            line=" / 2 / len(outside)",
            becomes=" / 2 / len(h)",
            says="The pairs were divided by the number of all places. Only a place of the other kind makes a "
            "pair: how many pairs are there?",
        ),
        Misconception(
            line="np.sort(h[~y], axis=0)",
            becomes="np.sort(h[~y], axis=1)",
            says="The places were not put in order along time, unit by unit, before they were searched. A "
            "binary search in a row that is out of order finds something, but nothing true.",
        ),
        Misconception(
            line="inside, outside = h[y], np.sort(h[~y], axis=0)",
            becomes="inside, outside = np.abs(h[y]), np.sort(np.abs(h[~y]), axis=0)",
            says="The units were judged by how far they are from zero. A state near -1 is as low as it can "
            "be, not as high.",
        ),
        Misconception(
            line="auc[j] = (below + not_above).mean() / 2 / len(outside)",
            becomes="ranks = np.empty(len(h))\n"
            '        ranks[np.argsort(h[:, j], kind="stable")] = np.arange(len(h))\n'
            "        P = len(inside)\n"
            "        auc[j] = (ranks[y].sum() - P * (P - 1) / 2) / (P * len(outside))",
            says="Equal heights were ranked by where they happen to stand in the text. Places that are "
            "equally high share one rank, in the middle of those that they take up.",
        ),
        Misconception(
            line="if y.all() or not y.any():",
            becomes="if False:",
            says="A y that is the same everywhere went through, and the answer is no number. There are no "
            "two kinds of places to tell apart then, and the caller should hear it.",
        ),
        Misconception(
            line="if y.all() or not y.any():",
            becomes="if not y.any():",
            says="A y that is true everywhere went through. With no place of the other kind there is no pair "
            "to draw either.",
        ),
    ],
}
