"""What is known to go wrong in assignment 3: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "activation_gradient": [
        Misconception(
            line="1 - np.tanh(z) ** 2",
            becomes="1 - z**2",
            says="This slope takes z for what comes out of the tanh. The neat formula with a square holds for the "
            "result of the activation; here z is what goes in.",
        ),
        Misconception(
            line="s = (1 + np.tanh(z / 2)) / 2",
            becomes="s = z",
            says="The slope of the sigmoid takes z for what comes out of it. The neat formula holds for the result of "
            "the activation; here z is what goes in.",
        ),
        Misconception(
            line="s = (1 + np.tanh(z / 2)) / 2\n        slope = s * (1 - s)",
            becomes="slope = np.exp(-z) / (1 + np.exp(-z)) ** 2",
            says="Far below zero the exponential is infinite, and infinity by infinity is not a number. The slope "
            "can be written with the sigmoid itself, which only ever lies between 0 and 1.",
        ),
        Misconception(
            line="slope = s * (1 - s)",
            becomes="slope = 1 - s**2",
            says="The sigmoid was given the slope that belongs to the tanh. At zero it would be 3/4; the sigmoid is "
            "never steeper than 1/4. What is its own derivative?",
        ),
        Misconception(
            line="np.where(z > 0, 1.0, 0.0)",
            becomes="np.where(z >= 0, 1.0, 0.0)",
            says="At exactly zero the ReLU was given the slope of its right side. It has none by itself there, and "
            "the contract names the side that decides.",
        ),
        Misconception(
            line="np.where(z > 0, 1.0, 0.01)",
            becomes="np.where(z >= 0, 1.0, 0.01)",
            says="At exactly zero the leaky ReLU was given the slope of its right side. It has none by itself there, "
            "and the contract names the side that decides.",
        ),
        Misconception(
            line="np.where(z > 0, 1.0, 0.0)",
            becomes="np.maximum(z, 0)",
            says="For the ReLU its value came back, not its slope. On the right it is a straight line: how steep is "
            "that, wherever one stands?",
        ),
        Misconception(
            line="np.where(z > 0, 1.0, 0.01)",
            becomes="np.where(z > 0, 1.0, 0.01 * z)",
            says="Left of zero the leaky ReLU's value came back where its slope is due. It is a straight line there "
            "too: how steep is it?",
        ),
        Misconception(
            line="np.where(z > 0, 1.0, 0.01)",
            becomes="np.where(z > 0, 1.0, 0.0)",
            says="The leaky ReLU does not leak: its slope left of zero is nothing. A unit there would never hear of "
            "its errors again, and the leak is there to prevent that.",
        ),
        Misconception(
            line="np.where(z > 0, 1.0, 0.0)",
            becomes="z > 0",
            says="For the ReLU truth values came back. They are in the right places, but a slope is a number, and "
            "the contract says of which kind.",
        ),
        Misconception(
            line="np.where(z > 0, 1.0, 0.0)",
            becomes="np.where(z > 0, 1, 0)",
            says="For the ReLU whole numbers came back. They are right, but the network computes with reals, and the "
            "contract says which kind.",
        ),
        Misconception(
            line="        raise ValueError",
            becomes="        slope = np.ones_like(z)\n    if False:\n        raise ValueError",
            says="A name that is none of the four was taken for one of them, without a word. Whoever misspells a "
            "name would train with the wrong slope and never know.",
        ),
        Misconception(
            line="raise ValueError",
            becomes="raise KeyError",
            says="A name that is none of the four leads to an error of another type than the contract promises. The "
            "caller is waiting for a value that makes no sense to be called that.",
        ),
    ],
    "jacobian_norms": [
        Misconception(
            line="norms[:, k] = np.linalg.norm(product, ord=2, axis=(1, 2))",
            becomes="step = slopes[:, :, None] * Wh.T\n"
            "        norms[:, k] = norms[:, k - 1] * np.linalg.norm(step, ord=2, axis=(1, 2))",
            says="The norms of the single steps were multiplied. That is only a bound: what one step stretches most, "
            "the next may shrink. The norm is due of the product itself.",
        ),
        Misconception(
            line="np.linalg.norm(product, ord=2, axis=(1, 2))",
            becomes="np.linalg.norm(product, axis=(1, 2))",
            says="This is the root of the sum of all squares (Frobenius). It adds up what happens in all directions; "
            "due is the largest singular value, the most that happens in one.",
        ),
        Misconception(
            line="np.linalg.norm(product, ord=2, axis=(1, 2))",
            becomes="np.abs(np.linalg.eigvals(product)).max(axis=1)",
            says="This is the largest eigenvalue. A matrix can stretch a vector further than any of its eigenvalues "
            "says, when its eigenvectors are not at right angles. What measures the stretch?",
        ),
        Misconception(
            line="np.linalg.norm(product, ord=2, axis=(1, 2))",
            becomes="np.linalg.norm(product, ord=1, axis=(1, 2))",
            says="This is the largest column sum of absolute values. It is a norm of a matrix, but it measures "
            "vectors by another yardstick than their length.",
        ),
        Misconception(
            line="np.linalg.norm(product, ord=2, axis=(1, 2))",
            becomes="np.linalg.norm(product, ord=-2, axis=(1, 2))",
            says="This is the smallest singular value: what is left of the gradient that the product treats worst. "
            "Due is the most that any gradient is stretched.",
        ),
        Misconception(
            line="np.linalg.norm(product, ord=2, axis=(1, 2))",
            becomes="np.linalg.norm(product, ord=2, axis=(1, 2)) ** 2",
            says="These are the squares of what is due: an eigenvalue of the product times its transpose is the "
            "square of a singular value. What is missing at the end?",
        ),
        Misconception(
            line="slopes = 1 - h[:, T - k] ** 2",
            becomes="slopes = 1 - h[:, T - k - 1] ** 2",
            says="Each step took the slopes of the state before it. A step back leaves through the tanh by which it "
            "was entered: the slope belongs to the state that the step produced.",
        ),
        Misconception(
            line="slopes = 1 - h[:, T - k] ** 2",
            becomes="slopes = 1 - h[:, k] ** 2",
            says="The product begins at the first step and goes forward in time. For k steps back from the end it is "
            "the last k slopes that count, and not the first.",
        ),
        Misconception(
            line="slopes = 1 - h[:, T - k] ** 2",
            becomes="slopes = 1 - np.tanh(h[:, T - k]) ** 2",
            says="The tanh was taken once more. The states have been through it already, and its slope can be told "
            "from the result alone.",
        ),
        Misconception(
            line="slopes = 1 - h[:, T - k] ** 2",
            becomes="slopes = np.ones_like(h[:, T - k])",
            says="These are the powers of Wh alone: the slopes of the tanh are missing. They are below one nearly "
            "everywhere, and they are why gradients vanish even where Wh stretches.",
        ),
        Misconception(
            line="@ Wh.T",
            becomes="@ Wh",
            says="The gradient went back through Wh as the state went forward. Wh is square, so the shapes cannot "
            "complain: which product undoes that from the right?",
        ),
        Misconception(
            line="(product * slopes[:, None, :]) @ Wh.T",
            becomes="(product @ Wh.T) * slopes[:, None, :]",
            says="The slopes came after the weights. Forward, the tanh is the last thing that a step does; on the "
            "way back, which of the two is met first?",
        ),
        Misconception(
            line="norms = np.ones((N, T))",
            becomes="norms = np.zeros((N, T))",
            says="No steps back, and the norm is zero? Nothing was multiplied yet, so a state is felt by itself in "
            "full. What is the norm of that Jacobian?",
        ),
        Misconception(
            line="    return norms",
            becomes="    return norms[:, ::-1]",
            says="The norms came back in the order of time. Counted is from the end: k is the number of steps that "
            "the gradient has gone back.",
        ),
        Misconception(
            line="    return norms",
            becomes="    return norms.mean(axis=0)",
            says="The sequences were averaged into one row. Each has states of its own, and so a Jacobian of its "
            "own; the batch is the first axis of the result.",
        ),
        Misconception(
            line="    if Wh.shape != (H, H):",
            becomes="    if False:",
            says="Weights of an impossible shape were not refused by name. NumPy may stumble over them later, but "
            "its error does not say which argument the caller got wrong.",
        ),
        Misconception(
            line="    if T == 0:",
            becomes="    if False:",
            says="States without a single step were not refused. There is no last state to start from, so nothing "
            "can be said about the way back from it.",
        ),
    ],
    "scale_spectral_norm": [
        Misconception(
            line="np.linalg.norm(W, ord=2)",
            becomes="np.linalg.norm(W)",
            says="W was divided by the root of the sum of its squares (Frobenius). That is the largest singular "
            "value only where there is no other. Which norm is the stretch in one direction?",
        ),
        Misconception(
            line="    if largest == 0:",
            becomes="    if False:",
            says="A matrix of zeros was divided by its norm, which is zero, and what came of it is not a number. No "
            "factor can help there; the caller should be told.",
        ),
        Misconception(
            line="np.linalg.norm(W, ord=2)",
            becomes="np.abs(np.linalg.eigvals(W)).max()",
            says="W was divided by its largest eigenvalue, the spectral radius. It may stretch further than that, and "
            "a matrix that is not square has no eigenvalues at all.",
        ),
        Misconception(
            line="np.linalg.norm(W, ord=2)",
            becomes="np.abs(W).max()",
            says="W was divided by its largest element. Many small elements together can stretch a vector more than "
            "one large one does.",
        ),
        Misconception(
            line="np.linalg.norm(W, ord=2)",
            becomes="np.linalg.norm(W, ord=1)",
            says="W was divided by its largest column sum. That is a norm of a matrix too, but not the one that "
            "measures how much longer a vector becomes.",
        ),
        Misconception(
            line="np.linalg.norm(W, ord=2)",
            becomes="np.linalg.norm(W, ord=-2)",
            says="The smallest singular value was set. They come sorted, the largest first; which end was taken?",
        ),
        Misconception(
            line="scaled: np.ndarray = W * (sigma / largest)",
            becomes="scaled = W * sigma",
            says="W was multiplied by the wanted norm as it stands, so the result has that times the norm that W had. "
            "What must be taken out first?",
        ),
        Misconception(
            line="scaled: np.ndarray = W * (sigma / largest)",
            becomes="scaled = W / largest",
            says="The largest singular value is one, whatever was asked for. One step of two is done.",
        ),
        Misconception(
            line="scaled: np.ndarray = W * (sigma / largest)",
            becomes="U, s, Vt = np.linalg.svd(W, full_matrices=False)\n    scaled = sigma * U @ Vt",
            says="Now all singular values are the same. Only the largest has a value to reach; the others keep their "
            "proportion to it, or W is another matrix.",
        ),
        Misconception(
            line="scaled: np.ndarray = W * (sigma / largest)",
            becomes="U, s, Vt = np.linalg.svd(W, full_matrices=False)\n"
            "    scaled = U * np.minimum(s, sigma) @ Vt",
            says="The singular values were cut off, each by itself. That bends W: due is a multiple of it, all of "
            "them by one factor, upwards too.",
        ),
        Misconception(
            line="scaled: np.ndarray = W * (sigma / largest)",
            becomes="scaled = W * min(1.0, sigma / largest)",
            says="A matrix that was too small stayed too small. The result has the norm that was asked for, from "
            "whichever side it comes.",
        ),
        Misconception(
            line="scaled: np.ndarray = W * (sigma / largest)",
            becomes="W *= sigma / largest\n    scaled = W",
            says="The caller's own matrix was scaled in place. An operator that assigns does not make a new array.",
        ),
        Misconception(
            line="scaled: np.ndarray = W * (sigma / largest)",
            becomes="scaled = (W * (sigma / largest)).astype(np.float32)",
            says="The result was rounded to float32: seven digits are left of sixteen. It should be as exact as W.",
        ),
        Misconception(
            line="    if not sigma > 0:",
            becomes="    if False:",
            says="A norm that cannot be reached was accepted: no matrix has one below zero, and with zero nothing of "
            "W would be left. The caller should be told.",
        ),
    ],
    "orthogonal_init": [
        Misconception(
            line="    Q = Q * np.sign(np.diag(R))\n",
            becomes="",
            says="Orthonormal it is, but not everything is equally likely: the signs are those that the "
            "decomposition happens to choose. Which part of its result knows them?",
        ),
        Misconception(
            line="Q = Q * np.sign(np.diag(R))",
            becomes="Q = Q * np.sign(np.diag(Q))",
            says="The signs were taken from the diagonal of Q, which makes that diagonal positive for ever. They "
            "should undo the signs that the decomposition chose, and those stand elsewhere.",
        ),
        Misconception(
            line="Q = Q * np.sign(np.diag(R))",
            becomes="Q = np.abs(Q)",
            says="All signs are gone. Columns at right angles need products that cancel, and without negative numbers "
            "nothing can.",
        ),
        Misconception(
            line="Q = Q * np.sign(np.diag(R))",
            becomes="Q = Q * np.diag(R)",
            says="The columns were multiplied by the diagonal itself, so they are no longer of length one. It is "
            "only the sign of each number that is wanted.",
        ),
        Misconception(
            line="return Q if shape[0] >= shape[1] else Q.T",
            becomes="return Q",
            says="A wide matrix came back lying on its side. It was made standing, so that its columns could be "
            "orthonormal; which shape did the caller ask for?",
        ),
        Misconception(
            line="(max(shape), min(shape))))",
            becomes="shape))",
            says="A wide matrix was decomposed as it is. Then there are fewer orthonormal columns than asked for; it "
            "is the rows that can be orthonormal, and they are columns of something else.",
        ),
        Misconception(
            line="rng.standard_normal((max(shape), min(shape)))",
            becomes="rng.random((max(shape), min(shape)))",
            says="The numbers to start from are all positive, and so the first column points into one corner, always. "
            "Only normal numbers prefer no direction.",
        ),
        Misconception(
            line="rng.standard_normal((max(shape), min(shape)))",
            becomes="np.random.default_rng().standard_normal((max(shape), min(shape)))",
            says="Chance comes from somewhere else than the generator that was given. Nobody could repeat this "
            "network.",
        ),
        Misconception(
            line="rng.standard_normal((max(shape), min(shape)))",
            becomes="np.random.default_rng(0).standard_normal((max(shape), min(shape)))",
            says="The same matrix came every time, whatever generator was given. A seed of one's own inside the "
            "function leaves nothing to chance.",
        ),
        Misconception(
            line="Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))\n    Q = Q * np.sign(np.diag(R))",
            becomes="A = rng.standard_normal((max(shape), min(shape)))\n    Q = A / np.linalg.norm(A, axis=0)",
            says="The columns have length one, but they are not at right angles: each was made short by itself. "
            "Lengths are only kept where the columns do not overlap.",
        ),
        Misconception(
            line="Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))\n    Q = Q * np.sign(np.diag(R))",
            becomes="Q = np.eye(max(shape), min(shape))",
            says="This is the identity. It is orthogonal, but there is only one of it, and all orthogonal matrices "
            "are meant to be equally likely.",
        ),
        Misconception(
            line="    if len(shape) != 2 or min(shape) < 1:",
            becomes="    if False:",
            says="A shape that no matrix has was not refused by name. Something further down may stumble over it, "
            "but that error does not say which argument is to blame.",
        ),
    ],
    "identity_init": [
        Misconception(
            line="Wx = 0.001 * rng.standard_normal((D, H))",
            becomes="Wx = np.sqrt(0.001) * rng.standard_normal((D, H))",
            says="0.001 was taken for the variance of Wx. It is the standard deviation, so the numbers are thirty "
            "times too wide.",
        ),
        Misconception(
            line="Wx = 0.001 * rng.standard_normal((D, H))",
            becomes="Wx = rng.standard_normal((D, H))",
            says="The input is as loud as the state: the numbers of Wx have a standard deviation of one. It should "
            "only be whispered, or what is kept is soon drowned.",
        ),
        Misconception(
            line="Wx = 0.001 * rng.standard_normal((D, H))",
            becomes="Wx = rng.uniform(-0.001, 0.001, (D, H))",
            says="The numbers of Wx are spread evenly between two bounds. They should be normal, with that bound for "
            "a standard deviation.",
        ),
        Misconception(
            line="Wx = 0.001 * rng.standard_normal((D, H))",
            becomes="Wx = np.zeros((D, H))",
            says="Wx is all zeros, so all inputs are alike to every unit and nothing is read. A little chance makes "
            "the units differ.",
        ),
        Misconception(
            line="Wx = 0.001 * rng.standard_normal((D, H))",
            becomes="Wx = 0.001 * rng.standard_normal((H, D))",
            says="Wx stands the other way round. Weights multiply from the right: which of its axes meets the input?",
        ),
        Misconception(
            line="Wx = 0.001 * rng.standard_normal((D, H))",
            becomes="Wx = scale * 0.001 * rng.standard_normal((D, H))",
            says="The scale was applied to Wx too. It says how much of the state is kept, and has no say in how the "
            "input is read.",
        ),
        Misconception(
            line="Wx = 0.001 * rng.standard_normal((D, H))",
            becomes="Wx = 0.001 * np.random.default_rng().standard_normal((D, H))",
            says="Chance comes from somewhere else than the generator that was given. Nobody could repeat this "
            "network.",
        ),
        Misconception(
            line="Wh = scale * np.eye(H)",
            becomes="Wh = np.eye(H)",
            says="The scale changes nothing: the whole state is kept, whatever was asked for. Which matrix does it "
            "belong to?",
        ),
        Misconception(
            line="Wh = scale * np.eye(H)",
            becomes="Wh = scale * np.ones((H, H))",
            says="Wh is full. With that every unit gets the sum of all; in the identity each hears only itself.",
        ),
        Misconception(
            line="Wh = scale * np.eye(H)",
            becomes="Wh = scale * np.eye(D, H)",
            says="Wh has a row for each input. It takes a state to a state: how many rows, how many columns?",
        ),
        Misconception(
            line="Wh = scale * np.eye(H)",
            becomes="Wh = scale * np.eye(H) + 0.001 * rng.standard_normal((H, H))",
            says="There is noise on Wh. Only Wx is left to chance; the recurrence begins by copying exactly.",
        ),
        Misconception(
            line="b = np.zeros(H)",
            becomes="b = np.ones(H)",
            says="The bias is one, so every unit grows by one at each step. To copy its state a unit must add nothing.",
        ),
        Misconception(
            line="b = np.zeros(H)",
            becomes="b = np.zeros((1, H))",
            says="The bias is a matrix with a single row. One number for each unit is all there is: one axis.",
        ),
        Misconception(
            line="return Wx, Wh, b",
            becomes="return Wh, Wx, b",
            says="Wh came first. Both are matrices, and where there are as many inputs as units nobody would notice "
            "until it learns nothing. What is the order of the contract?",
        ),
        Misconception(
            line="scale: float = 1.0",
            becomes="scale: float = 0.01",
            says="Who gives no scale should get the identity itself, and gets a small part of it. What is the "
            "default of the contract?",
        ),
    ],
    "clip_grad_norm": [
        Misconception(
            line="{key: factor * g for key, g in grads.items()}",
            becomes="{key: g * min(1.0, max_norm / max(np.linalg.norm(g), 1e-300)) for key, g in grads.items()}",
            says="Each array was clipped by its own norm. Those that are long lose more than the others, and the "
            "step points elsewhere. All arrays together are one vector, with one norm.",
        ),
        Misconception(
            line="{key: factor * g for key, g in grads.items()}",
            becomes="{key: np.clip(g, -max_norm, max_norm) for key, g in grads.items()}",
            says="Each number was cut off by itself: that is clipping by value. It turns the gradient, since only the "
            "large elements shrink. One factor for all keeps its direction.",
        ),
        Misconception(
            line="max_norm / norm if norm > max_norm else 1.0",
            becomes="max_norm / max(norm, 1e-300)",
            says="A gradient that was short enough was made longer, up to the threshold. Clipping only ever "
            "shortens: what is the largest factor that it may use?",
        ),
        Misconception(
            line="max_norm / norm if norm > max_norm else 1.0",
            becomes="min(1.0, max_norm / (norm + 1e-6))",
            says="Something small was added to the norm before dividing. PyTorch does that, against a norm of zero; "
            "with it the result is a little too short. When is there a danger of dividing by zero?",
        ),
        Misconception(
            line="max_norm / norm if norm > max_norm else 1.0",
            becomes="min(1.0, max_norm / norm)",
            says="Gradients that are all zero have a norm of zero, and something was divided by it. They are short "
            "enough: nothing has to be computed.",
        ),
        Misconception(
            line="max_norm / norm if norm > max_norm else 1.0",
            becomes="norm / max_norm if norm > max_norm else 1.0",
            says="The gradients that were too long are longer now: the factor is upside down. What must it be for "
            "the new norm to be the threshold?",
        ),
        Misconception(
            line="max_norm / norm if norm > max_norm else 1.0",
            becomes="1.0 / norm if norm > max_norm else 1.0",
            says="What was too long has length one now. It should be as long as is allowed, no shorter.",
        ),
        Misconception(
            line="max_norm / norm if norm > max_norm else 1.0",
            becomes="0.0 if norm > max_norm else 1.0",
            says="Gradients that are too long were dropped altogether. Their direction is worth having; it is only "
            "their length that is not to be believed.",
        ),
        Misconception(
            line="np.sqrt(sum((g**2).sum() for g in grads.values()))",
            becomes="sum((g**2).sum() for g in grads.values())",
            says="This is the square of the norm: a sum of squares is not yet a length.",
        ),
        Misconception(
            line="np.sqrt(sum((g**2).sum() for g in grads.values()))",
            becomes="sum(np.linalg.norm(g) for g in grads.values())",
            says="The lengths of the arrays were added. Vectors at right angles do not add up like that: what does "
            "Pythagoras add?",
        ),
        Misconception(
            line="np.sqrt(sum((g**2).sum() for g in grads.values()))",
            becomes="max(np.abs(g).max() for g in grads.values())",
            says="The largest element was taken for the norm. A gradient of many small numbers can be long too.",
        ),
        Misconception(
            line="np.sqrt(sum((g**2).sum() for g in grads.values()))",
            becomes="np.sqrt(sum((g**2).mean() for g in grads.values()))",
            says="Means were taken where sums are due, so a large array counts as little as a small one. The length "
            "of a vector grows with the number of its elements.",
        ),
        Misconception(
            line="for key, g in grads.items()}, norm",
            becomes="for key, g in grads.items()}, factor * norm",
            says="The norm that came back is the one after clipping. That is hardly ever news; what one wants to "
            "watch is how long the gradients were.",
        ),
        Misconception(
            line="for key, g in grads.items()}, norm",
            becomes="for key, g in grads.items()}, factor",
            says="The factor came back where the norm is due. One cannot be had from the other as long as nothing "
            "is clipped.",
        ),
        Misconception(
            line="for key, g in grads.items()}, norm",
            becomes="for key, g in grads.items()}",
            says="The gradients came back alone. Two things are due; the second is what one watches while a network "
            "learns.",
        ),
        Misconception(
            line="    return {key: factor * g for key, g in grads.items()}, norm",
            becomes="    for g in grads.values():\n        g *= factor\n    return grads, norm",
            says="The caller's own gradients are shorter now, too: the arrays were changed in place, or new ones were "
            "put into the caller's dict. PyTorch does that; here the old ones stay as they were.",
        ),
        Misconception(
            line="        if not np.isfinite(g).all():",
            becomes="        if False:",
            says="A gradient that holds nan or inf went through. Its norm is no number either, and with that factor "
            "every other array is spoilt too. Who looks at them one by one can say which it was.",
        ),
        Misconception(
            line="        if not np.isfinite(g).all():",
            becomes="        if np.isnan(g).any():",
            says="An infinity went through. It is not nan, but the norm is infinite, the factor zero, and all that "
            "was learned in this step is lost.",
        ),
        Misconception(
            line='f"the gradient of {key} holds nan or inf"',
            becomes='"a gradient holds nan or inf"',
            says="The error does not say in which array there is something that is not a number. Among fifty of them "
            "that is the thing to know.",
        ),
        Misconception(
            line="    if not max_norm > 0:",
            becomes="    if False:",
            says="A threshold of zero or less was accepted. A factor below zero would turn every step round; the "
            "caller should be told.",
        ),
    ],
    "rmsprop_step": [
        Misconception(
            line="(np.sqrt(v) + eps)",
            becomes="np.sqrt(v + eps)",
            says="The small number stands under the root, so it is another one: the root of it is far larger. Some "
            "libraries do it like that; the equation adds it after the root.",
        ),
        Misconception(
            line="(np.sqrt(v) + eps)",
            becomes="(v + eps)",
            says="The step was divided by the mean of the squares itself. The units do not match: a gradient by its "
            "square. What makes it a length again?",
        ),
        Misconception(
            line="(np.sqrt(v) + eps)",
            becomes="np.sqrt(v)",
            says="Nothing keeps the division finite: where no gradient ever was, it is zero by zero. Which argument "
            "is there for that?",
        ),
        Misconception(
            line="v = rho * v + (1 - rho) * dw**2",
            becomes="v = (1 - rho) * v + rho * dw**2",
            says="The two shares are swapped: the new square counts for nearly everything, and what was there before is "
            "forgotten at once. Which of them does rho say how much to keep of?",
        ),
        Misconception(
            line="v = rho * v + (1 - rho) * dw**2",
            becomes="v = v + dw**2",
            says="The squares were summed up, and nothing is ever forgotten: that is Adagrad. Its steps only become "
            "shorter; a running mean lets go of the past.",
        ),
        Misconception(
            line="v = rho * v + (1 - rho) * dw**2",
            becomes="v = rho * v + dw**2",
            says="The new square came in with its full weight, so v is no mean but grows far above the squares "
            "themselves. The two shares should make one.",
        ),
        Misconception(
            line="v = rho * v + (1 - rho) * dw**2",
            becomes="v = rho * v + (1 - rho) * np.abs(dw)",
            says="The mean is one of absolute values. What is taken the root of later should hold squares.",
        ),
        Misconception(
            line="    v = rho * v + (1 - rho) * dw**2\n    w = w - lr * dw / (np.sqrt(v) + eps)\n",
            becomes="    w = w - lr * dw / (np.sqrt(v) + eps)\n    v = rho * v + (1 - rho) * dw**2\n",
            says="The step was divided by the old mean, which knows nothing of this gradient; the very first one would "
            "be divided by next to nothing. Which of the two lines comes first?",
        ),
        Misconception(
            line="w = w - lr",
            becomes="w = w + lr",
            says="The step goes up the slope. A gradient points to where the loss grows.",
        ),
        Misconception(
            line="w = w - lr * dw /",
            becomes="w -= lr * dw /",
            says="The caller's own weights were changed in place. An operator that assigns does not make a new array.",
        ),
        Misconception(
            line="    v = rho * v + (1 - rho) * dw**2\n",
            becomes="    v *= rho\n    v += (1 - rho) * dw**2\n",
            says="The caller's own running mean was changed in place. An operator that assigns does not make a new array.",
        ),
        Misconception(
            line="rho: float = 0.99",
            becomes="rho: float = 0.9",
            says="Who gives no rho gets a mean over about ten steps. The contract has another default; with it the "
            "mean runs over about a hundred.",
        ),
        Misconception(
            line="eps: float = 1e-8",
            becomes="eps: float = 1e-6",
            says="Who gives no eps gets one that is a hundred times too large: gradients as small as that would "
            "hardly move anything. What is the default of the contract?",
        ),
        Misconception(
            line="return w, v",
            becomes="return w",
            says="The weights came back alone. The mean is due too: without it the next step starts from nothing.",
        ),
        Misconception(
            line="return w, v",
            becomes="return w, np.sqrt(v)",
            says="The root of the mean came back where the mean is due. The next step would mix squares with roots.",
        ),
    ],
    "adam_step": [
        Misconception(
            line="m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            becomes="m_hat = m\n    v_hat = v",
            says="Nothing corrects the two means for having begun at zero. At first both are far too small, and not by "
            "the same factor, so the first steps have the wrong length.",
        ),
        Misconception(
            line="m_hat = m / (1 - beta1**t)",
            becomes="m_hat = m / (1 - beta1)",
            says="The mean of the gradients was corrected as if every step were the first. The longer one averages, "
            "the less is missing: what does the share depend on?",
        ),
        Misconception(
            line="v_hat = v / (1 - beta2**t)",
            becomes="v_hat = v / (1 - beta2)",
            says="The mean of the squares was corrected as if every step were the first. The longer one averages, "
            "the less is missing: what does the share depend on?",
        ),
        Misconception(
            line="m_hat = m / (1 - beta1**t)",
            becomes="m_hat = m",
            says="Only the mean of the squares was corrected. The mean of the gradients began at zero as well.",
        ),
        Misconception(
            line="v_hat = v / (1 - beta2**t)",
            becomes="v_hat = v",
            says="Only the mean of the gradients was corrected. The mean of the squares began at zero as well, and "
            "takes even longer to get away from it.",
        ),
        Misconception(
            line="m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            becomes="m_hat = m / (1 - beta1 ** (t + 1))\n    v_hat = v / (1 - beta2 ** (t + 1))",
            says="The correction is that of a step later, as if t were counted from 0. Here the first step has the "
            "number 1, and t counts it.",
        ),
        Misconception(
            line="m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            becomes="m = m_hat = m / (1 - beta1**t)\n    v = v_hat = v / (1 - beta2**t)",
            says="The corrected means came back for the next step, which will correct them once more. The running "
            "means themselves must stay as they are.",
        ),
        Misconception(
            line="(np.sqrt(v_hat) + eps)",
            becomes="np.sqrt(v_hat + eps)",
            says="The small number stands under the root, so it is another one: the root of it is far larger. The "
            "equation adds it after the root.",
        ),
        Misconception(
            line="w = w - lr * m_hat / (np.sqrt(v_hat) + eps)",
            becomes="w = w - lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps)",
            says="The corrections were moved into the learning rate, which is quicker. But then eps meets the mean "
            "that is not corrected yet, and at first it weighs more than it should.",
        ),
        Misconception(
            line="(np.sqrt(v_hat) + eps)",
            becomes="(v_hat + eps)",
            says="The step was divided by the mean of the squares itself. The units do not match: a gradient by its "
            "square. What makes it a length again?",
        ),
        Misconception(
            line="(np.sqrt(v_hat) + eps)",
            becomes="np.sqrt(v_hat)",
            says="Nothing keeps the division finite: where no gradient ever was, it is zero by zero. Which argument "
            "is there for that?",
        ),
        Misconception(
            line="lr * m_hat",
            becomes="lr * dw",
            says="The step goes where this one gradient points. That is RMSProp: the running mean of the gradients "
            "was made and then not used.",
        ),
        Misconception(
            line="beta1 * m + (1 - beta1) * dw",
            becomes="beta1 * m + dw",
            says="The new gradient came in with its full weight, as in plain momentum, so m grows far above the "
            "gradients themselves. In a mean the two shares make one.",
        ),
        Misconception(
            line="m = beta1 * m + (1 - beta1) * dw\n    v = beta2 * v + (1 - beta2) * dw**2",
            becomes="m = beta2 * m + (1 - beta2) * dw\n    v = beta1 * v + (1 - beta1) * dw**2",
            says="The two rates are swapped: the gradients are averaged for long and the squares for a short time. "
            "Which of the two means does the first rate belong to?",
        ),
        Misconception(
            line="(1 - beta2) * dw**2",
            becomes="(1 - beta2) * m**2",
            says="The squares are those of the mean. Gradients that change their sign would cancel before they are "
            "squared, and it is just their size that v should know.",
        ),
        Misconception(
            line="w = w - lr",
            becomes="w = w + lr",
            says="The step goes up the slope. A gradient points to where the loss grows.",
        ),
        Misconception(
            line="w = w - lr * m_hat /",
            becomes="w -= lr * m_hat /",
            says="The caller's own weights were changed in place. An operator that assigns does not make a new array.",
        ),
        Misconception(
            line="    m = beta1 * m + (1 - beta1) * dw\n",
            becomes="    m *= beta1\n    m += (1 - beta1) * dw\n",
            says="The caller's own running mean was changed in place. An operator that assigns does not make a new array.",
        ),
        Misconception(
            line="    if t < 1:",
            becomes="    if False:",
            says="A step before the first was accepted. With t of zero the correction divides by zero, and the "
            "weights are no numbers any more; the caller should be told.",
        ),
        Misconception(
            line="beta2: float = 0.999",
            becomes="beta2: float = 0.99",
            says="Who gives no rates gets squares averaged over about a hundred steps. The contract has another "
            "default; with it they are averaged over about a thousand.",
        ),
    ],
    "residual_rnn_forward": [
        Misconception(
            line="prev_h + np.tanh(",
            becomes="np.tanh(",
            says="This is the ordinary recurrence: each state replaces the one before. Where is the way on which "
            "nothing multiplies the gradient?",
        ),
        Misconception(
            line="prev_h + np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)",
            becomes="np.tanh(prev_h + x[:, t] @ Wx + prev_h @ Wh + b)",
            says="The old state was added before the squashing, so on its way back a gradient still meets the tanh. "
            "The shortcut goes around everything.",
        ),
        Misconception(
            line="prev_h + np.tanh(",
            becomes="h0 + np.tanh(",
            says="The initial state was added at every step. What is added to is the state that the step before left.",
        ),
        Misconception(
            line="        prev_h = prev_h + np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)\n        states.append(prev_h)",
            becomes="        change = np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)\n"
            "        prev_h = prev_h + change\n        states.append(change)",
            says="What came back is what each step added, not what it arrived at. A later layer wants the states.",
        ),
        Misconception(
            line="        prev_h = prev_h + np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)\n        states.append(prev_h)",
            becomes="        new_h = np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)\n"
            "        states.append(prev_h + new_h)\n        prev_h = new_h",
            says="The sum came back but was not handed on: the next step got the squashed part alone. A shortcut that "
            "ends after one step is no way back.",
        ),
        Misconception(
            line="prev_h + np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)",
            becomes="(prev_h + np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)) / 2",
            says="Old and new were averaged. With that the shortcut halves the gradient at every step: after ten, a "
            "thousandth is left.",
        ),
        Misconception(
            line="prev_h + np.tanh(",
            becomes="prev_h - np.tanh(",
            says="What the step computed was taken away from the state. It is added.",
        ),
        Misconception(
            line="prev_h @ Wh",
            becomes="prev_h @ Wh.T",
            says="The state met Wh transposed. Wh is square, so the shapes cannot complain: along which axis of it "
            "do the old units lie?",
        ),
        Misconception(
            line=" + b)",
            becomes=")",
            says="The bias is missing. Without it a unit that hears nothing can only add zero.",
        ),
        Misconception(
            line="prev_h, states = h0, []",
            becomes="prev_h, states = np.zeros_like(h0), []",
            says="The first step started from zeros, whatever the caller gave. Here the initial state is still in "
            "every later one, as a summand.",
        ),
        Misconception(
            line="        prev_h = prev_h + np.tanh(",
            becomes="        prev_h += np.tanh(",
            says="Each step was added to the array of the initial state, in place: all steps hold the last state now, "
            "and the caller's own array has changed.",
        ),
        Misconception(
            line="return np.stack(states, axis=1)",
            becomes="return np.stack(states)",
            says="Time comes first and the batch second. The states were collected in the order of time, but where "
            "does the time axis stand in the result?",
        ),
        Misconception(
            line="return np.stack(states, axis=1)",
            becomes="return prev_h",
            says="Only the last state came back. Due is the state after every input.",
        ),
        Misconception(
            line="    if T == 0:",
            becomes="    if False:",
            says="A sequence without a step was not refused by name. What NumPy says of it further down does not tell "
            "the caller which argument was empty.",
        ),
        Misconception(
            line="    if Wh.shape != (H, H):",
            becomes="    if False:",
            says="Weights of an impossible shape were not refused by name. NumPy may stumble over them later, but "
            "its error does not say which argument the caller got wrong.",
        ),
    ],
    "stacked_rnn_forward": [
        Misconception(
            line="return below, np.stack(last)",
            becomes="return below, last[-1]",
            says="Only the top layer's last state came back. To read on, every layer needs the state in which it "
            "stopped.",
        ),
        Misconception(
            line="return below, np.stack(last)",
            becomes="return below, np.stack(last, axis=1)",
            says="The batch comes first in the last states. They are laid out like the initial ones, so that they "
            "can be handed in again as they are: which axis is the first there?",
        ),
        Misconception(
            line="return below, np.stack(last)",
            becomes="return below, np.stack(last[::-1])",
            says="The last states came back from the top down. In the list of layers, which one is the first?",
        ),
        Misconception(
            line="return below, np.stack(last)",
            becomes="return below",
            says="The states of the top layer came back alone. Two things are due; the second is what is needed to "
            "read on.",
        ),
        Misconception(
            line="return below, np.stack(last)",
            becomes="return below[:, -1], np.stack(last)",
            says="Of the top layer only the last state came back. Its state is due at every step.",
        ),
        Misconception(
            line="zip(layers, h0, strict=True)",
            becomes="zip(layers, [h0[0]] * len(layers), strict=True)",
            says="Every layer started from the bottom layer's initial state. Each has one of its own.",
        ),
        Misconception(
            line="zip(layers, h0, strict=True)",
            becomes="zip(layers, h0[::-1], strict=True)",
            says="The initial states were dealt out from the top down: the bottom layer got that of the top one. "
            "Both lists begin at the bottom.",
        ),
        Misconception(
            line="zip(layers, h0, strict=True)",
            becomes="zip(layers, np.zeros_like(h0), strict=True)",
            says="Every layer started from zeros, whatever the caller gave. What was read before would be forgotten.",
        ),
        Misconception(
            line="        for t in range(x.shape[1]):",
            becomes="        prev_h = last[-1] if last else prev_h\n        for t in range(x.shape[1]):",
            says="A layer started where the one below it ended. Upwards it is states as inputs that are handed on; "
            "what a layer remembers is its own.",
        ),
        Misconception(
            line="below = np.stack(states, axis=1)",
            becomes="below = below + np.stack(states, axis=1) if last else np.stack(states, axis=1)",
            says="Each layer's states were added to what it read, from the second layer on. That is a residual "
            "network over layers, a good idea, and another exercise.",
        ),
        Misconception(
            line="np.tanh(below[:, t] @ ",
            becomes="np.tanh(below[:, -1 - t] @ ",
            says="The steps were read from the end. Each layer reads in the order of time.",
        ),
        Misconception(
            line='below[:, t] @ layer["Wx"]',
            becomes='below[:, max(t - 1, 0)] @ layer["Wx"]',
            says="A layer read what the one below it said a step ago. Within one step everything goes up, from the "
            "bottom to the top.",
        ),
        Misconception(
            line='prev_h @ layer["Wh"]',
            becomes='prev_h @ layer["Wh"].T',
            says="The states met Wh transposed. Wh is square, so the shapes cannot complain: along which axis of it "
            "do the old units lie?",
        ),
        Misconception(
            line=' + layer["b"])',
            becomes=")",
            says="The biases are missing. Without one a unit that hears nothing can only answer zero.",
        ),
        Misconception(
            line="        last.append(prev_h)",
            becomes="        last.append(states[0])",
            says="Of each layer the first state was kept as the last. What is needed to read on is where it stopped.",
        ),
        Misconception(
            line="for layer, prev_h in zip(layers, h0, strict=True):",
            becomes="for layer, prev_h in zip([layers[0], *[layers[-1]] * (len(layers) - 1)], h0, strict=True):",
            says="The layers in the middle used the weights of the top one. Over time weights are shared; from layer "
            "to layer they are not.",
        ),
        Misconception(
            line="    if not layers or len(layers) != len(h0):",
            becomes="    if False:",
            says="Layers that do not match the initial states were not refused by name. Something further down may "
            "stumble over them, or worse, nothing does.",
        ),
        Misconception(
            line="    if x.shape[1] == 0:",
            becomes="    if False:",
            says="A sequence without a step was not refused by name. What NumPy says of it further down does not tell "
            "the caller which argument was empty.",
        ),
    ],
}
