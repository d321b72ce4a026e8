"""What is known to go wrong in assignment 4: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "lstm_step_forward": [
        Misconception(
            line="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)\n    g = np.tanh(a[:, 3 * H :])",
            becomes="i, f, g, o = np.split(a, 4, axis=1)\n"
            "    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)",
            says="The third and the fourth group of columns changed places: this is the order of PyTorch, with the "
            "candidate third. Here the three gates stand side by side and the candidate comes last.",
        ),
        Misconception(
            line="tanh_c = np.tanh(next_c)",
            becomes="tanh_c = next_c",
            says="The cell reached the state without a tanh. The cell is a sum and may grow; what the rest of "
            "the network sees of it should stay between -1 and 1.",
        ),
        Misconception(
            line="i, f, o = np.split(",
            becomes="f, i, o = np.split(",
            says="The input gate and the forget gate have changed places. One of them weighs what is new and stands "
            "first in the columns, the other weighs what was kept.",
        ),
        Misconception(
            line="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)",
            becomes="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)\n    f = sigmoid(a[:, H : 2 * H] + 1)",
            says="A one was added inside the forget gate. A forget bias of one is a way to begin: it goes into "
            "b once, before training, and is learned from then on. The step itself adds nothing to b.",
        ),
        Misconception(
            line="g = np.tanh(a[:, 3 * H :])",
            becomes="g = sigmoid(a[:, 3 * H :])",
            says="The candidate went through a sigmoid, like the gates. It is no gate but what may be written, and a "
            "cell to which one can only ever add never comes down again.",
        ),
        Misconception(
            line="g = np.tanh(a[:, 3 * H :])",
            becomes="g = a[:, 3 * H :]",
            says="The candidate is the bare sum of its products. Three of the four groups are squashed into gates; "
            "what may be written is squashed too, between -1 and 1.",
        ),
        Misconception(
            line="next_c = f * prev_c + i * g\n    tanh_c = np.tanh(next_c)",
            becomes="next_c = np.tanh(f * prev_c + i * g)\n    tanh_c = next_c",
            says="The state is right, but the cell that is handed on was squashed. A tanh on the cell's own path "
            "would shrink it at every step: it belongs on the way out to the state.",
        ),
        Misconception(
            line="next_c = f * prev_c + i * g",
            becomes="next_c = np.tanh(f * prev_c + i * g)",
            says="The cell was squashed twice: once where it is kept, and once more on its way to the state. Only "
            "what leaves the cell goes through a tanh; what stays is the bare sum.",
        ),
        Misconception(
            line="a = x @ Wx + prev_h @ Wh + b",
            becomes="a = x @ Wx + prev_c @ Wh + b",
            says="The gates looked at the cell in place of the state. Both have H numbers, so no shape complained. "
            "The cell is private: what the gates see of the past is what was let out of it.",
        ),
        Misconception(
            line="next_h = o * tanh_c\n",
            becomes="next_h = o * tanh_c\n    next_c = o * next_c\n",
            says="The state is right, but the output gate was applied to the cell that is handed on as well. It "
            "decides what is shown at this step, and what it hides must still be there at the next.",
        ),
        Misconception(
            line="sigmoid(a[:, : 3 * H])",
            becomes="np.tanh(a[:, : 3 * H])",
            says="The gates went through a tanh. A gate says how much passes, from nothing to all of it; "
            "below zero it would turn the sign of what passes.",
        ),
        Misconception(
            line="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)\n    g = np.tanh(a[:, 3 * H :])",
            becomes="i, f, o = np.split(sigmoid(a[:, H:]), 3, axis=1)\n    g = np.tanh(a[:, :H])",
            says="The candidate was read from the first group of columns and the gates from the others. The four "
            "groups have an order, and it ends with the candidate.",
        ),
        Misconception(
            line="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)\n    g = np.tanh(a[:, 3 * H :])",
            becomes="f, i, g, o = np.split(a, 4, axis=1)\n"
            "    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)",
            says="The columns were read in the order in which most texts explain them: forget gate, input gate, "
            "candidate, output gate. Here the input gate comes first and the candidate last.",
        ),
        Misconception(
            line="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)\n    g = np.tanh(a[:, 3 * H :])",
            becomes="i, g, f, o = np.split(a, 4, axis=1)\n"
            "    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)",
            says="The candidate was read second, right behind its gate, as early TensorFlow keeps it. Here the three gates "
            "stand side by side and the candidate comes last.",
        ),
        Misconception(
            line="i, f, o = np.split(",
            becomes="i, o, f = np.split(",
            says="The forget gate and the output gate have changed places. This is the order in which ONNX keeps "
            "them; here the gate that forgets stands second and the one that shows stands third.",
        ),
        Misconception(
            line="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)\n    g = np.tanh(a[:, 3 * H :])",
            becomes="i, f, o = (sigmoid(a[:, k::4]) for k in range(3))\n    g = np.tanh(a[:, 3::4])",
            says="The columns were dealt out one by one, as if each unit kept its four beside each other. They come "
            "in four blocks of H: first one gate of all the units, then the next.",
        ),
        Misconception(
            line="next_c = f * prev_c + i * g",
            becomes="next_c = prev_c + i * g",
            says="Nothing was forgotten: the old cell went on whole. That is the cell of 1997, before Gers, "
            "Schmidhuber and Cummins gave it a gate of its own in 2000.",
        ),
        Misconception(
            line="next_c = f * prev_c + i * g",
            becomes="next_c = f * prev_c + g",
            says="The candidate was added whole, without asking its gate. A cell that has to take whatever comes "
            "cannot keep anything for long.",
        ),
        Misconception(
            line="next_c = f * prev_c + i * g",
            becomes="next_c = f * prev_c + (1 - f) * g",
            says="What is new got the share that was forgotten. A GRU ties the two shares together like this; the "
            "LSTM has a gate for each, so that it can keep all and add, or drop all and add nothing.",
        ),
        Misconception(
            line="next_c = f * prev_c + i * g",
            becomes="next_c = i * g",
            says="The new cell holds nothing of the old one. It is the sum of what is kept and what is written, and "
            "without the first there is no memory in it.",
        ),
        Misconception(
            line="next_h = o * tanh_c",
            becomes="next_h = tanh_c",
            says="The cell is right, but all of it was shown: the third gate was never asked. It decides how much "
            "of the cell the state lets out.",
        ),
        Misconception(
            line="tanh_c = np.tanh(next_c)",
            becomes="tanh_c = np.tanh(prev_c)",
            says="The cell is right, but the state shows the one before it. What was written at this step can "
            "be seen at this step already.",
        ),
        Misconception(
            line="return next_h, next_c, (",
            becomes="return next_c, next_h, (",
            says="Both results are right and in each other's place. Which of the two is asked for first?",
        ),
        Misconception(
            line="a = x @ Wx + prev_h @ Wh + b",
            becomes="a = x @ Wx + prev_h @ Wh",
            says="b was left out. Without it every gate is half open when there is nothing to see, and there is no "
            "way to begin with a cell that keeps what it has.",
        ),
        Misconception(
            line="a = x @ Wx + prev_h @ Wh + b",
            becomes="a = x @ Wx + prev_h @ Wh + 2 * b",
            says="b was added twice, once with each product. PyTorch keeps two biases that are added up; here there "
            "is one, and it is the sum.",
        ),
        Misconception(
            line="sigmoid(a[:, : 3 * H])",
            becomes="np.exp(a[:, : 3 * H]) / (1 + np.exp(a[:, : 3 * H]))",
            says="For a gate that is wide open the exponential is infinite, and infinity by infinity is not a "
            "number. The sigmoid that is given above has no such place.",
        ),
        Misconception(
            line="next_c = f * prev_c + i * g",
            becomes="prev_c *= f\n    prev_c += i * g\n    next_c = prev_c",
            says="The numbers are right, but the new cell was made inside the old one's array. The caller still "
            "needs the old one: the way back asks what stood there.",
        ),
        Misconception(
            line="if W.shape[1] != 4 * H:",
            becomes="if False:",
            says="Weights for three gates were not refused by name: they failed somewhere inside, on shapes. "
            "Whoever passed a GRU's weights to an LSTM should hear which of the arguments it was.",
        ),
        Misconception(
            line='(("Wx", Wx), ("Wh", Wh))',
            becomes='(("Wx", Wx),)',
            says="The inputs' weights are looked at before they are used, the state's are not. Either of them may be "
            "made for another number of gates.",
        ),
    ],
    "lstm_step_backward": [
        Misconception(
            line="dc = dnext_c + dnext_h * o * (1 - tanh_c**2)",
            becomes="dc = dnext_h * o * (1 - tanh_c**2)",
            says="The new cell heard only what the state says of it. It is handed on to the next step as well, and "
            "dnext_c is what is said of it there. Two ways lead out of the cell.",
        ),
        Misconception(
            line="dc = dnext_c + dnext_h * o * (1 - tanh_c**2)",
            becomes="dc = dnext_c",
            says="The new cell heard only what the next cell says of it. The state was made from it too, so dnext_h "
            "has a way into it. Two ways lead out of the cell.",
        ),
        Misconception(
            line="dprev_c = dc * f",
            becomes="dprev_c = dc",
            says="All that is said of the new cell was handed to the old one. Only a share of the old one went into "
            "it: by what factor does a nudge of prev_c reach next_c?",
        ),
        Misconception(
            line="dprev_c = dc * f",
            becomes="dprev_c = dnext_c * f",
            says="dprev_c holds only what came in as dnext_c. What the state says of the new cell has joined it by "
            "then, and goes on to the old cell too.",
        ),
        Misconception(
            line="di * i * (1 - i), ",
            becomes="di, ",
            says="The input gate was walked through as if there were no sigmoid in it. The forget and the output "
            "gate have their slopes; this one's is the largest where it is half open, as theirs is.",
        ),
        Misconception(
            line="df * f * (1 - f), ",
            becomes="df, ",
            says="The forget gate was walked through as if there were no sigmoid in it. The input and the output "
            "gate have their slopes; where this one is open or shut for good, a nudge does nothing.",
        ),
        Misconception(
            line="do * o * (1 - o), ",
            becomes="do, ",
            says="The output gate was walked through as if there were no sigmoid in it. The other two gates have "
            "their slopes; this one is a sigmoid of its sum as well.",
        ),
        Misconception(
            line="[di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg",
            becomes="[di, df, do, dg",
            says="None of the three gates has the slope of its sigmoid. What is said of a gate is not yet said of the "
            "sum inside it; the candidate's tanh was not forgotten.",
        ),
        Misconception(
            line="dg * (1 - g**2)]",
            becomes="dg]",
            says="The candidate was walked through as if there were no tanh in it. The gates have their slopes; the "
            "candidate is flat where it is near 1 or -1.",
        ),
        Misconception(
            line="[di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)]",
            becomes="[di, df, do, dg]",
            says="What is said of the gates and of the candidate was taken for what is said of the sums inside them. "
            "Between the two stand three sigmoids and a tanh.",
        ),
        Misconception(
            line="dnext_h * o * (1 - tanh_c**2)",
            becomes="dnext_h * o",
            says="On the way from the state to the cell the tanh was passed as if it were not there. A cell that "
            "stands far from zero hardly moves the state, and hears little from it.",
        ),
        Misconception(
            line="dnext_h * o * (1 - tanh_c**2)",
            becomes="dnext_h * (1 - tanh_c**2)",
            says="On the way from the state to the cell the output gate was passed as if it were wide open. What was "
            "hidden from the loss cannot hear from it.",
        ),
        Misconception(
            line="dnext_h * o * (1 - tanh_c**2)",
            becomes="dnext_h",
            says="The gradient of the state was added to that of the cell as it stands. Between the two are a "
            "tanh and the output gate, and both take their share.",
        ),
        Misconception(
            line="do = dnext_h * tanh_c",
            becomes="do = dnext_h * (f * prev_c + i * g)",
            says="The output gate heard of the bare cell. What it multiplied on the way there was the squashed one: "
            "how much does a nudge of the gate move the state?",
        ),
        Misconception(
            line="df = dc * prev_c",
            becomes="df = dc * (f * prev_c + i * g)",
            says="The forget gate heard of the new cell. On the way there it multiplied another one: what stood in "
            "the cell when this gate was asked?",
        ),
        Misconception(
            line="di = dc * g\n    df = dc * prev_c\n    dg = dc * i",
            becomes="di = dc * i\n    df = dc * prev_c\n    dg = dc * g",
            says="The input gate and the candidate were each given themselves. In a product the slope for one "
            "factor is the other factor.",
        ),
        Misconception(
            line="di = dc * g\n    df = dc * prev_c",
            becomes="di = dc * prev_c\n    df = dc * g",
            says="The input gate heard of the old cell and the forget gate of the candidate. Which of the two did each "
            "of them multiply on the way there?",
        ),
        Misconception(
            line="do * o * (1 - o), dg * (1 - g**2)]",
            becomes="dg * (1 - g**2), do * o * (1 - o)]",
            says="What belongs to the output gate and to the candidate changed places in the columns: this is "
            "the order of PyTorch. The gradient of a column stands where the column does.",
        ),
        Misconception(
            line="dg * (1 - g**2)]",
            becomes="dg * g * (1 - g)]",
            says="The candidate was given the slope of a sigmoid. It is the one group of the four that went through "
            "a tanh.",
        ),
        Misconception(
            line="di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), ",
            becomes="di * (1 - i**2), df * (1 - f**2), do * (1 - o**2), ",
            says="The gates were given the slope of a tanh, which is steepest at zero. A gate is a sigmoid, steepest "
            "where it is half open.",
        ),
        Misconception(
            line="(1 - tanh_c**2)",
            becomes="(1 - np.tanh(tanh_c) ** 2)",
            says="For the slope at the cell, tanh was applied to what is a tanh already. The formula with the square "
            "wants what came out of it.",
        ),
        Misconception(
            line="dprev_h = da @ Wh.T",
            becomes="dprev_h = dnext_h + da @ Wh.T",
            says="dnext_h was handed on to prev_h as it came in. The cell has a straight path from step to step; the "
            "state has none and goes through the gates alone.",
        ),
        Misconception(
            line="dWh = prev_h.T @ da",
            becomes="dWh = (cell_cache[2] * cell_cache[5]).T @ da",
            says="dWh was made with the state after the step. Which state did Wh multiply?",
        ),
        Misconception(
            line="dWh = prev_h.T @ da",
            becomes="dWh = cell_cache[4].T @ da",
            says="dWh was made with the cell before the step. It has the shape of the state, so nothing "
            "complained, but Wh never met it.",
        ),
        Misconception(
            line="db = da.sum(axis=0)",
            becomes="db = da",
            says="db has a row for every sequence. One b was added to all rows of the batch: what does that make of "
            "its gradient?",
        ),
        Misconception(
            line="db = da.sum(axis=0)",
            becomes="db = da.mean(axis=0)",
            says="db is a mean over the batch, where the products that give dWx and dWh sum over it. If the loss is a "
            "mean, that is in the gradient that came in.",
        ),
        Misconception(
            line="dx, dprev_h, dprev_c, dWx",
            becomes="dx, dprev_c, dprev_h, dWx",
            says="The gradients of the state and of the cell before the step are in each other's place. The state "
            "comes first here, as it does among the arguments of the way there.",
        ),
        Misconception(
            line="dc = dnext_c + dnext_h * o * (1 - tanh_c**2)",
            becomes="dc = dnext_c\n    dc += dnext_h * o * (1 - tanh_c**2)",
            says="The numbers are right, but the state's share was added into the caller's own array: a second name "
            "for dnext_c is not a second array.",
        ),
    ],
    "lstm_forward": [
        Misconception(
            line="h, c = [h0], np.zeros_like(h0)",
            becomes="h, c = [h0], h0",
            says="The cell began as a copy of the initial state. They are two things: h0 is what the network shows "
            "before the first step, and the cell begins with zeros.",
        ),
        Misconception(
            line="next_h, c, cell_cache = lstm_cell(",
            becomes="next_h, _, cell_cache = lstm_cell(",
            says="Every step found a cell of zeros. The state was handed on and the cell was not, so nothing was kept "
            "for longer than one step.",
        ),
        Misconception(
            line="from_x[t] + h[t] @ Wh, c)",
            becomes="from_x[t] + h0 @ Wh, c)",
            says="The cell was handed on, but every step saw the initial state. What a step lets out is what the "
            "gates of the next one see.",
        ),
        Misconception(
            line="next_h, c, cell_cache = lstm_cell(from_x[t] + h[t] @ Wh, c)",
            becomes="next_h, _, cell_cache = lstm_cell(from_x[t] + h0 @ Wh, c)",
            says="Every step began anew, from the initial state and an empty cell. Both go from step to step.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h, axis=1)",
            says="h0 stands among the states: there is one more than there are steps. What is asked for begins with "
            "the state after the first step.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h[:-1], axis=1)",
            says="These are the states before each step: h0 comes first and the last state is missing. Each place "
            "holds the state after its own input was read.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="h[-1]",
            says="Only the last state came back. The loss may look at any step, so all of them are due.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h[1:])",
            says="Time comes first in what came back, and the batch second. In this course the batch is first, in "
            "what goes in and in what comes out.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h[:0:-1], axis=1)",
            says="The states stand in the wrong order, the last one first. The state after a step belongs where its "
            "input stands.",
        ),
        Misconception(
            line="        h.append(next_h)",
            becomes="        h.append(c)",
            says="The cells were collected and shown to the gates, in place of the states. The cell stays inside; "
            "the state is what the output gate lets out of it.",
        ),
        Misconception(
            line="h, c = [h0], np.zeros_like(h0)",
            becomes="h, c = [np.zeros_like(h0)], np.zeros_like(h0)",
            says="The network began with a state of zeros. That is true of the cell; the initial state is an "
            "argument, and whoever passes one expects it to be read.",
        ),
        Misconception(
            line="if T == 0:",
            becomes="if False:",
            says="A sequence without steps was not refused by name. There is no state to give then, and whoever "
            "called should hear that it is x that has none.",
        ),
        Misconception(
            line="i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)\n    g = np.tanh(a[:, 3 * H :])",
            becomes="i, f, g, o = np.split(a, 4, axis=1)\n"
            "    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)",
            says="The steps are joined as they should be, but they read the columns in PyTorch's order, with the "
            "candidate third. If your lstm_step_forward does so too, mend it there, then check this one again.",
        ),
        Misconception(
            line="tanh_c = np.tanh(next_c)",
            becomes="tanh_c = next_c",
            says="The steps are joined as they should be, but they let the cell out without its tanh. If your "
            "lstm_step_forward does so too, mend it there, then check this one again.",
        ),
    ],
    "lstm_backward": [
        Misconception(
            line="da[t], dnext_c = lstm_cell_backward(",
            becomes="da[t], _ = lstm_cell_backward(",
            says="Nothing came back along the cell: each step heard of the future through the state alone. If it is "
            "your lstm_step_backward that leaves dnext_c out, mend it there; if not, who hands it on?",
        ),
        Misconception(
            line="lstm_cell_backward(dh[:, t] + dnext_h, dnext_c, cell_caches[t])",
            becomes="lstm_cell_backward(dh[:, t], dnext_c, cell_caches[t])",
            says="Nothing came back along the state: each step heard of the future through the cell alone. The gates "
            "of the next step looked at this state, and what they say of it comes on top of dh.",
        ),
        Misconception(
            line="da[t], dnext_c = lstm_cell_backward(dh[:, t] + dnext_h, dnext_c, cell_caches[t])",
            becomes="da[t], _ = lstm_cell_backward(dh[:, t], dnext_c, cell_caches[t])",
            says="Every step heard of its own output and of nothing else. Two things go from a step to the next, "
            "the state and the cell, and along both something comes back.",
        ),
        Misconception(
            line="lstm_cell_backward(dh[:, t] + dnext_h, dnext_c, cell_caches[t])",
            becomes="lstm_cell_backward(\n"
            "            dh[:, t] if t == len(x) - 1 else dnext_h, dnext_c, cell_caches[t]\n"
            "        )",
            says="Only the last output was heard. The steps before it have outputs of their own, and what the loss "
            "says there comes on top of what the future hands back.",
        ),
        Misconception(
            line="lstm_cell_backward(dh[:, t] + dnext_h, dnext_c, cell_caches[t])",
            becomes="lstm_cell_backward(dh[:, t] + dnext_h + dnext_c, 0 * dnext_c, cell_caches[t])",
            says="What came back along the cell was added to the state's gradient. The cell of the next step was made "
            "from this cell, not from what this step let out of it.",
        ),
        Misconception(
            line="da[t], dnext_c = lstm_cell_backward(dh[:, t] + dnext_h, dnext_c, cell_caches[t])",
            becomes="da[t], dprev_c = lstm_cell_backward(dh[:, t] + dnext_h, dnext_c, cell_caches[t])\n"
            "        dnext_c = dnext_c + dprev_c",
            says="What comes back along the cell was added up from step to step. Each step passes on all that it was "
            "told, so the old sum is in the new one already.",
        ),
        Misconception(
            line="return dx, dnext_h, dWx",
            becomes="return dx, dnext_h + dnext_c, dWx",
            says="dh0 got what is said of the cell before the first step as well. That cell is zeros whatever h0 is, "
            "so a nudge of h0 does not reach it.",
        ),
        Misconception(
            line="return dx, dnext_h, dWx",
            becomes="return dx, dnext_c, dWx",
            says="What is said of the cell before the first step came back in place of dh0. They have the same shape; "
            "which of the two was an argument?",
        ),
        Misconception(
            line="return dx, dnext_h, dWx",
            becomes="return dx, np.zeros_like(dnext_h), dWx",
            says="dh0 is zero. The gates of the first step looked at the initial state like at any other, and what "
            "they say of it is its gradient.",
        ),
        Misconception(
            line="dWx = np.tensordot(x, da, axes=((0, 1), (0, 1)))\n"
            "    dWh = np.tensordot(prev_h, da, axes=((0, 1), (0, 1)))\n"
            "    db = da.sum(axis=(0, 1))",
            becomes="dWx, dWh, db = x[0].T @ da[0], prev_h[0].T @ da[0], da[0].sum(axis=0)",
            says="The gradients of the weights are those of the first step alone, as when the loop sets them anew "
            "each time. The same weights were used at every step.",
        ),
        Misconception(
            line="dWx = np.tensordot(x, da, axes=((0, 1), (0, 1)))\n"
            "    dWh = np.tensordot(prev_h, da, axes=((0, 1), (0, 1)))\n"
            "    db = da.sum(axis=(0, 1))",
            becomes="dWx, dWh, db = x[-1].T @ da[-1], prev_h[-1].T @ da[-1], da[-1].sum(axis=0)",
            says="The gradients of the weights are those of the last step alone. The same weights were used at every "
            "step before it, and each use has a share.",
        ),
        Misconception(
            line="dWx = np.tensordot(x, da, axes=((0, 1), (0, 1)))\n"
            "    dWh = np.tensordot(prev_h, da, axes=((0, 1), (0, 1)))\n"
            "    db = da.sum(axis=(0, 1))",
            becomes="dWx = np.tensordot(x, da, axes=((0, 1), (0, 1))) / len(x)\n"
            "    dWh = np.tensordot(prev_h, da, axes=((0, 1), (0, 1))) / len(x)\n"
            "    db = da.sum(axis=(0, 1)) / len(x)",
            says="The shares of the steps were averaged. Each use of a weight changes the loss by its own share, so "
            "they add up; if the loss is a mean over time, dh knows it already.",
        ),
        Misconception(
            line="dWh = np.tensordot(prev_h, da, axes=((0, 1), (0, 1)))",
            becomes="next_h = np.stack([o * tanh_c for _, _, o, _, _, tanh_c in cell_caches])\n"
            "    dWh = np.tensordot(next_h, da, axes=((0, 1), (0, 1)))",
            says="dWh was made with the state after each step. Which state did Wh multiply there?",
        ),
        Misconception(
            line="dWh = np.tensordot(prev_h, da, axes=((0, 1), (0, 1)))",
            becomes="dWh = prev_h[0].T @ da.sum(axis=0)",
            says="For dWh every step was given the initial state as the one before it. Wh multiplied another state "
            "at every step.",
        ),
        Misconception(
            line="reversed(range(len(x)))",
            becomes="range(len(x))",
            says="The steps were walked in the order of reading. What a step has to be told from the future is known "
            "only after the steps behind it.",
        ),
        Misconception(
            line="(da @ Wx.T).swapaxes(0, 1)",
            becomes="(da[::-1] @ Wx.T).swapaxes(0, 1)",
            says="dx stands in the order in which it was found, the last step first. Each step's gradient belongs "
            "where its input stands.",
        ),
        Misconception(
            line="(da @ Wx.T).swapaxes(0, 1)",
            becomes="da @ Wx.T",
            says="In dx time comes first and the batch second. dx has the shape of x: where does the time axis stand "
            "there?",
        ),
        Misconception(
            line="dnext_h = dnext_c = np.zeros_like(dh[:, 0])",
            becomes="dnext_h, dnext_c = dh[:, -1], np.zeros_like(dh[:, 0])",
            says="The last output was counted twice: the walk began with its gradient as the future's, and then it "
            "came once more as the step's own. What lies behind the last step?",
        ),
    ],
    "gru_step_forward": [
        Misconception(
            line="next_h = (1 - z) * prev_h + z * g",
            becomes="next_h = z * prev_h + (1 - z) * g",
            says="z and what it leaves over have changed places. Cho et al. and PyTorch let z be the share that is "
            "kept; here, as in Chung et al. (2014), z is the share that is new. Both are right, with other weights.",
        ),
        Misconception(
            line="next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)\n"
            "    r, z = cell_cache[:2]\n"
            "    g = np.tanh((x @ Wx + b)[:, 2 * H :] + (r * prev_h) @ Wh[:, 2 * H :])\n"
            "    next_h = (1 - z) * prev_h + z * g",
            says="The reset was applied to the state, before the product. That is the GRU as Cho et al. print it. "
            "Here the product comes first, as in PyTorch: all three products are one then.",
        ),
        Misconception(
            line="next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)\n"
            "    r, z = cell_cache[:2]\n"
            "    g = np.tanh((x @ Wx + b)[:, 2 * H :] + (r * prev_h) @ Wh[:, 2 * H :])\n"
            "    next_h = z * prev_h + (1 - z) * g",
            says="This is the GRU of Cho et al. (2014), letter by letter. Ours differs in two places: the reset comes "
            "after the product with the state, and z is the share that is new, not the one that is kept.",
        ),
        Misconception(
            line="r, z = np.split(",
            becomes="z, r = np.split(",
            says="The two gates have changed places, as in Keras, where the update gate stands first. Here the "
            "columns begin with those of the reset gate.",
        ),
        Misconception(
            line="next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="order = np.r_[H : 2 * H, :H, 2 * H : 3 * H]\n"
            "    next_h, cell_cache = gru_cell((x @ Wx + b)[:, order], (prev_h @ Wh)[:, order], prev_h)\n"
            "    r, z, g = cell_cache[:3]\n"
            "    next_h = z * prev_h + (1 - z) * g",
            says="This is the GRU of Keras. Ours differs in two places: the reset gate's columns come first, and z is the "
            "share that is new, not the one that is kept.",
        ),
        Misconception(
            line="next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="order = np.r_[H : 2 * H, :H, 2 * H : 3 * H]\n"
            "    next_h, cell_cache = gru_cell((x @ Wx + b)[:, order], (prev_h @ Wh)[:, order], prev_h)\n"
            "    r, z, g = cell_cache[:3]\n"
            "    g = np.tanh((x @ Wx + b)[:, 2 * H :] + (r * prev_h) @ Wh[:, 2 * H :])\n"
            "    next_h = (1 - z) * prev_h + z * g",
            says="Two things are otherwise here: the reset gate's columns stand before the update gate's, and the reset is "
            "applied after the product with the state, not before it.",
        ),
        Misconception(
            line="next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="order = np.r_[H : 2 * H, :H, 2 * H : 3 * H]\n"
            "    next_h, cell_cache = gru_cell((x @ Wx + b)[:, order], (prev_h @ Wh)[:, order], prev_h)\n"
            "    r, z, g = cell_cache[:3]\n"
            "    g = np.tanh((x @ Wx + b)[:, 2 * H :] + (r * prev_h) @ Wh[:, 2 * H :])\n"
            "    next_h = z * prev_h + (1 - z) * g",
            says="This is the GRU of early Keras. Ours differs in three places: the reset gate's columns come first, the "
            "reset comes after the product, and z is the share that is new.",
        ),
        Misconception(
            line="r * remembered",
            becomes="remembered",
            says="The reset gate was never asked: the candidate saw the whole past. With r near zero it should be made "
            "from the input alone, as if the sequence began here.",
        ),
        Misconception(
            line="g = np.tanh(from_x[:, 2 * H :] + r * remembered)",
            becomes="g = np.tanh(r * (from_x[:, 2 * H :] + remembered))",
            says="The reset was applied to the whole sum inside the candidate. It resets what is remembered; what is "
            "read at this step, and the bias with it, is not its business.",
        ),
        Misconception(
            line="gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="gru_cell(x @ Wx, prev_h @ Wh + b, prev_h)",
            says="The bias was reset too. PyTorch has a second one in that place; here there is one, it goes with "
            "the input, and the reset gate does not reach it.",
        ),
        Misconception(
            line="g = np.tanh(from_x[:, 2 * H :] + r * remembered)",
            becomes="g = sigmoid(from_x[:, 2 * H :] + r * remembered)",
            says="The candidate went through a sigmoid, like the gates. It is what may be written, and a state made "
            "of such numbers would never go below zero.",
        ),
        Misconception(
            line="g = np.tanh(from_x[:, 2 * H :] + r * remembered)",
            becomes="g = from_x[:, 2 * H :] + r * remembered",
            says="The candidate is a bare sum. Nothing else in this cell keeps the state between -1 and 1: it is a "
            "mean of the old state and the candidate.",
        ),
        Misconception(
            line="next_h = (1 - z) * prev_h + z * g",
            becomes="next_h = prev_h + z * g",
            says="The old state went on whole and the candidate was added. The two have one gate between them: what "
            "the new one takes, the old one gives up.",
        ),
        Misconception(
            line="next_h = (1 - z) * prev_h + z * g",
            becomes="next_h = z * g",
            says="Nothing was kept: the state is the candidate's share alone. What becomes of the share that the "
            "update gate does not give to the candidate?",
        ),
        Misconception(
            line="next_h = (1 - z) * prev_h + z * g",
            becomes="next_h = (1 - z) * r * prev_h + z * g",
            says="The reset gate was applied to what is kept as well. It decides what the candidate sees of the past; "
            "how much of the past stays is the other gate's decision.",
        ),
        Misconception(
            line="next_h = (1 - z) * prev_h + z * g",
            becomes="next_h = np.tanh((1 - z) * prev_h + z * g)",
            says="The state was squashed once more. A tanh on the straight path from the old state to the new one "
            "shrinks it at every step; the one inside the candidate is enough.",
        ),
        Misconception(
            line="r * remembered",
            becomes="(1 - r) * remembered",
            says="The reset gate is the wrong way round: at one it lets the candidate see the past, at zero it hides "
            "it. The name says what happens when it shuts.",
        ),
        Misconception(
            line="sigmoid(from_x[:, : 2 * H] + from_h[:, : 2 * H])",
            becomes="np.tanh(from_x[:, : 2 * H] + from_h[:, : 2 * H])",
            says="The gates went through a tanh. A gate says how much passes, from nothing to all of it; with a "
            "share below zero the state would move away from the candidate.",
        ),
        Misconception(
            line="r, z = np.split(sigmoid(from_x[:, : 2 * H] + from_h[:, : 2 * H]), 2, axis=1)\n"
            "    remembered = from_h[:, 2 * H :]\n"
            "    g = np.tanh(from_x[:, 2 * H :] + r * remembered)",
            becomes="r, z = np.split(sigmoid(from_x[:, H:] + from_h[:, H:]), 2, axis=1)\n"
            "    remembered = from_h[:, :H]\n"
            "    g = np.tanh(from_x[:, :H] + r * remembered)",
            says="The candidate was read from the first group of columns and the gates from the others. The three "
            "groups have an order, and it ends with the candidate.",
        ),
        Misconception(
            line="gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="gru_cell(x @ Wx, prev_h @ Wh, prev_h)",
            says="b was left out. Without it both gates are half open when there is nothing to see, and there is no "
            "way to begin with a state that keeps what it has.",
        ),
        Misconception(
            line="gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)",
            becomes="gru_cell(x @ Wx + b, prev_h @ Wh + b, prev_h)",
            says="b was added twice, once with each product. PyTorch keeps a bias for each; here there is one, and "
            "it goes with the input.",
        ),
        Misconception(
            line="sigmoid(from_x[:, : 2 * H] + from_h[:, : 2 * H])",
            becomes="np.exp(from_x[:, : 2 * H] + from_h[:, : 2 * H]) / "
            "(1 + np.exp(from_x[:, : 2 * H] + from_h[:, : 2 * H]))",
            says="Where a gate is wide open the exponential is infinite, and infinity by infinity is not a number. "
            "The sigmoid that is given above has no such place.",
        ),
        Misconception(
            line="if W.shape[1] != 3 * H:",
            becomes="if False:",
            says="Weights for four gates were not refused by name: they failed somewhere inside, or went through "
            "with columns left over. Whoever passed an LSTM's weights should hear which argument it was.",
        ),
        Misconception(
            line='(("Wx", Wx), ("Wh", Wh))',
            becomes='(("Wx", Wx),)',
            says="The inputs' weights are looked at before they are used, the state's are not. Either of them may be "
            "made for another number of gates.",
        ),
    ],
    "gru_step_backward": [
        Misconception(
            line="return dfrom_x, dfrom_h, dnext_h * (1 - z)",
            becomes="return dfrom_x, dfrom_h, 0 * dnext_h",
            says="The straight path is missing. A share of the old state went into the new one as it was, past the "
            "products, and on that path a gradient can travel far.",
        ),
        Misconception(
            line="return dfrom_x, dfrom_h, dnext_h * (1 - z)",
            becomes="return dfrom_x, dfrom_h, dnext_h",
            says="On the straight path all of the gradient was handed back. Only a share of the old state went along "
            "it: which one?",
        ),
        Misconception(
            line="r, z, g, remembered, prev_h = cache\n    dz = dnext_h * (g - prev_h)",
            becomes="r, z, g, remembered, prev_h = cache\n    z = 1 - z\n    dz = dnext_h * (prev_h - g)",
            says="This is the way back through a cell in which z is the share that is kept, as in Cho et al. and "
            "PyTorch. Here it is the share that is new.",
        ),
        Misconception(
            line="return dfrom_x, dfrom_h, dnext_h * (1 - z)",
            becomes="return dfrom_x, dfrom_h, dnext_h * z",
            says="On the straight path the wrong share was handed back: z is what the candidate got. The old state "
            "was given the other part.",
        ),
        Misconception(
            line="dz = dnext_h * (g - prev_h)",
            becomes="dz = dnext_h * g",
            says="The update gate heard only what the candidate would gain. Opening it takes from the old state what "
            "it gives to the candidate: z stands in the formula twice.",
        ),
        Misconception(
            line="dz = dnext_h * (g - prev_h)",
            becomes="dz = dnext_h * (prev_h - g)",
            says="What the update gate hears has the wrong sign. If z grows, does the state move towards the "
            "candidate or away from it?",
        ),
        Misconception(
            line="np.concatenate([da_r, da_z, da_g * r], axis=1)",
            becomes="np.concatenate([da_r, da_z, da_g], axis=1)",
            says="The way through the product with the old state leaves the reset gate out. The candidate saw that "
            "product through r: what was hidden from it is not told much.",
        ),
        Misconception(
            line="np.concatenate([da_r, da_z, da_g], axis=1)",
            becomes="np.concatenate([da_r, da_z, da_g * r], axis=1)",
            says="r is on the way to the input too. The reset gate stood between the candidate and what was "
            "remembered; the input reached the candidate whole.",
        ),
        Misconception(
            line="dg = dnext_h * z\n",
            becomes="dg = dnext_h\n",
            says="The candidate was told all that is said of the new state. Only a share of the candidate is in it: "
            "which one?",
        ),
        Misconception(
            line="da_g = dg * (1 - g**2)",
            becomes="da_g = dg",
            says="The candidate was walked through as if there were no tanh in it. The gates have their slopes; the "
            "candidate is flat where it is near 1 or -1.",
        ),
        Misconception(
            line="da_r = dr * r * (1 - r)",
            becomes="da_r = dr",
            says="The reset gate was walked through as if there were no sigmoid in it. What is said of a gate is not "
            "yet said of the sum inside it.",
        ),
        Misconception(
            line="da_z = dz * z * (1 - z)",
            becomes="da_z = dz",
            says="The update gate was walked through as if there were no sigmoid in it. What is said of a gate is not "
            "yet said of the sum inside it.",
        ),
        Misconception(
            line="da_r = dr * r * (1 - r)\n    da_z = dz * z * (1 - z)",
            becomes="da_r = dr\n    da_z = dz",
            says="Neither of the two gates has the slope of its sigmoid. The candidate has that of its tanh; between "
            "a gate and the sum inside it stands a curve as well.",
        ),
        Misconception(
            line="dr = da_g * remembered",
            becomes="dr = dg * remembered",
            says="What the reset gate hears did not pass the candidate's tanh. The gate works inside it, so the "
            "slope lies on its way.",
        ),
        Misconception(
            line="dr = da_g * remembered",
            becomes="dr = da_g * prev_h",
            says="The reset gate heard of the old state itself. What it multiplied on the way there was the product of "
            "that state with the weights.",
        ),
        Misconception(
            line="dr = da_g * remembered",
            becomes="dr = 0 * remembered",
            says="The reset gate heard nothing: its columns have no gradient. It decided what the candidate saw, and "
            "the candidate moved the state.",
        ),
        Misconception(
            line="dprev_h = kept + dfrom_h @ Wh.T\n"
            "    dWx = x.T @ dfrom_x\n"
            "    dWh = prev_h.T @ dfrom_h\n"
            "    db = dfrom_x.sum(axis=0)",
            becomes="r, z, g = cell_cache[:3]\n"
            "    H = len(Wh)\n"
            "    reset = dfrom_x[:, 2 * H :] @ Wh[:, 2 * H :].T\n"
            "    dfrom_x[:, :H] = reset * prev_h * r * (1 - r)\n"
            "    dx = dfrom_x @ Wx.T\n"
            "    dprev_h = kept + dfrom_x[:, : 2 * H] @ Wh[:, : 2 * H].T + reset * r\n"
            "    dWx = x.T @ dfrom_x\n"
            "    dWh = np.concatenate(\n"
            "        [prev_h.T @ dfrom_x[:, : 2 * H], (r * prev_h).T @ dfrom_x[:, 2 * H :]], axis=1\n"
            "    )\n"
            "    db = dfrom_x.sum(axis=0)",
            says="This is the way back through the GRU of Cho et al., where the reset is applied to the state before "
            "the product. Here it comes after the product, and so it does on the way back.",
        ),
        Misconception(
            line="dWh = prev_h.T @ dfrom_h",
            becomes="dWh = prev_h.T @ dfrom_x",
            says="For dWh the sums of the input's side were taken. In the candidate's columns the two sides differ: a "
            "reset gate stood behind this product and not behind the other.",
        ),
        Misconception(
            line="dx = dfrom_x @ Wx.T",
            becomes="dx = dfrom_h @ Wx.T",
            says="For dx the sums of the state's side were taken. In the candidate's columns the two sides differ: no "
            "gate stood between the input and the candidate.",
        ),
        Misconception(
            line="db = dfrom_x.sum(axis=0)",
            becomes="db = dfrom_h.sum(axis=0)",
            says="db was taken from the side of the state. The one bias of this cell goes with the input, and the "
            "reset gate does not reach it.",
        ),
        Misconception(
            line="dprev_h = kept + dfrom_h @ Wh.T",
            becomes="H = len(Wh)\n    dprev_h = kept + dfrom_h[:, 2 * H :] @ Wh[:, 2 * H :].T",
            says="The old state heard from the candidate and along the straight path, but not from the gates. Both of "
            "them looked at it to decide how far to open.",
        ),
        Misconception(
            line="dprev_h = kept + dfrom_h @ Wh.T",
            becomes="dprev_h = kept",
            says="The old state heard along the straight path alone. It was also multiplied by Wh and reached both "
            "gates and the candidate that way.",
        ),
        Misconception(
            line="dfrom_x = np.concatenate([da_r, da_z, da_g], axis=1)\n"
            "    dfrom_h = np.concatenate([da_r, da_z, da_g * r], axis=1)",
            becomes="dfrom_x = np.concatenate([da_z, da_r, da_g], axis=1)\n"
            "    dfrom_h = np.concatenate([da_z, da_r, da_g * r], axis=1)",
            says="What belongs to the two gates changed places in the columns. The gradient of a column stands where "
            "the column does, and here the reset gate's come first.",
        ),
        Misconception(
            line="dWh = prev_h.T @ dfrom_h",
            becomes="r, z, g = cell_cache[:3]\n    dWh = ((1 - z) * prev_h + z * g).T @ dfrom_h",
            says="dWh was made with the state after the step. Which state did Wh multiply?",
        ),
        Misconception(
            line="db = dfrom_x.sum(axis=0)",
            becomes="db = dfrom_x",
            says="db has a row for every sequence. One b was added to all rows of the batch: what does that make of "
            "its gradient?",
        ),
        Misconception(
            line="db = dfrom_x.sum(axis=0)",
            becomes="db = dfrom_x.mean(axis=0)",
            says="db is a mean over the batch, where the products that give dWx and dWh sum over it. If the loss is a "
            "mean, that is in the gradient that came in.",
        ),
        Misconception(
            line="return dfrom_x, dfrom_h, dnext_h * (1 - z)",
            becomes="dnext_h *= 1 - z\n    return dfrom_x, dfrom_h, dnext_h",
            says="The numbers are right, but what goes along the straight path was computed in the caller's own array. "
            "Whoever handed the gradient in may still need it.",
        ),
    ],
    "gru_forward": [
        Misconception(
            line="gru_cell(from_x[t], h[t] @ Wh, h[t])",
            becomes="gru_cell(from_x[t], h0 @ Wh, h0)",
            says="Every step began anew, from the initial state. The state of each step goes into the next.",
        ),
        Misconception(
            line="gru_cell(from_x[t], h[t] @ Wh, h[t])",
            becomes="gru_cell(from_x[t], h0 @ Wh, h[t])",
            says="The state was kept from step to step, but the gates and the candidate saw the initial one. All that "
            "a step knows of the past is in the state just before it.",
        ),
        Misconception(
            line="gru_cell(from_x[t], h[t] @ Wh, h[t])",
            becomes="gru_cell(from_x[t], h[t] @ Wh, h0)",
            says="The gates and the candidate saw the state before, but what was kept is the initial state. The "
            "share that is not new is a share of the state just before the step.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h, axis=1)",
            says="h0 stands among the states: there is one more than there are steps. What is asked for begins with "
            "the state after the first step.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h[:-1], axis=1)",
            says="These are the states before each step: h0 comes first and the last state is missing. Each place "
            "holds the state after its own input was read.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="h[-1]",
            says="Only the last state came back. The loss may look at any step, so all of them are due.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h[1:])",
            says="Time comes first in what came back, and the batch second. In this course the batch is first, in "
            "what goes in and in what comes out.",
        ),
        Misconception(
            line="np.stack(h[1:], axis=1)",
            becomes="np.stack(h[:0:-1], axis=1)",
            says="The states stand in the wrong order, the last one first. The state after a step belongs where its "
            "input stands.",
        ),
        Misconception(
            line="h, cell_caches = [h0], []",
            becomes="h, cell_caches = [np.zeros_like(h0)], []",
            says="The network began with a state of zeros. The initial state is an argument, and whoever passes one "
            "expects it to be read.",
        ),
        Misconception(
            line="if T == 0:",
            becomes="if False:",
            says="A sequence without steps was not refused by name. There is no state to give then, and whoever "
            "called should hear that it is x that has none.",
        ),
        Misconception(
            line="next_h = (1 - z) * prev_h + z * g",
            becomes="next_h = z * prev_h + (1 - z) * g",
            says="The steps are joined as they should be, but in them z is the share that is kept, as in PyTorch. If "
            "your gru_step_forward takes it so too, mend it there, then check this one again.",
        ),
        Misconception(
            line="next_h, cell_cache = gru_cell(from_x[t], h[t] @ Wh, h[t])",
            becomes="next_h, cell_cache = gru_cell(from_x[t], h[t] @ Wh, h[t])\n"
            "        H = len(Wh)\n"
            "        r, z = cell_cache[:2]\n"
            "        g = np.tanh(from_x[t][:, 2 * H :] + (r * h[t]) @ Wh[:, 2 * H :])\n"
            "        next_h = (1 - z) * h[t] + z * g",
            says="The steps are joined as they should be, but they reset the state before the product, as Cho et al. "
            "do. If your gru_step_forward does so too, mend it there, then check this one again.",
        ),
    ],
    "gru_backward": [
        Misconception(
            line="dnext_h = kept + dfrom_h[t] @ Wh.T",
            becomes="dnext_h = dfrom_h[t] @ Wh.T",
            says="Nothing came back along the straight path, past the products, from step to step. If it is your "
            "gru_step_backward that leaves it out, mend it there, then check this one again.",
        ),
        Misconception(
            line="dnext_h = kept + dfrom_h[t] @ Wh.T",
            becomes="dnext_h = kept",
            says="Between the steps only the straight path was walked. The state also reached the gates and the "
            "candidate of the next step, and they have something to say about it.",
        ),
        Misconception(
            line="gru_cell_backward(dh[:, t] + dnext_h, cell_caches[t])",
            becomes="gru_cell_backward(dh[:, t], cell_caches[t])",
            says="Every step was told what its own output says and nothing else. A state also went into the next "
            "step: what that one hands back never reached it.",
        ),
        Misconception(
            line="gru_cell_backward(dh[:, t] + dnext_h, cell_caches[t])",
            becomes="gru_cell_backward(dh[:, t] if t == len(x) - 1 else dnext_h, cell_caches[t])",
            says="Only the last output was heard. The steps before it have outputs of their own, and what the loss "
            "says there comes on top of what the future hands back.",
        ),
        Misconception(
            line="dfrom_x[t], dfrom_h[t], kept = gru_cell_backward(dh[:, t] + dnext_h, cell_caches[t])\n"
            "        dnext_h = kept + dfrom_h[t] @ Wh.T",
            becomes="dfrom_x[t], dfrom_h[t], kept = gru_cell_backward(dh[:, t], cell_caches[t])\n"
            "        dnext_h = dnext_h + kept + dfrom_h[t] @ Wh.T",
            says="What comes from the future was added behind the step instead of in front of it, so it passed "
            "neither the gates nor the straight path. The two gradients meet at the state itself.",
        ),
        Misconception(
            line="return dx, dnext_h, dWx",
            becomes="return dx, np.zeros_like(dnext_h), dWx",
            says="dh0 is zero. The initial state went into the first step like any other state, and what that step "
            "hands back is its gradient.",
        ),
        Misconception(
            line="dWx = np.tensordot(x, dfrom_x, axes=((0, 1), (0, 1)))\n"
            "    dWh = np.tensordot(prev_h, dfrom_h, axes=((0, 1), (0, 1)))\n"
            "    db = dfrom_x.sum(axis=(0, 1))",
            becomes="dWx, dWh, db = x[0].T @ dfrom_x[0], prev_h[0].T @ dfrom_h[0], dfrom_x[0].sum(axis=0)",
            says="The gradients of the weights are those of the first step alone, as when the loop sets them anew "
            "each time. The same weights were used at every step.",
        ),
        Misconception(
            line="dWx = np.tensordot(x, dfrom_x, axes=((0, 1), (0, 1)))\n"
            "    dWh = np.tensordot(prev_h, dfrom_h, axes=((0, 1), (0, 1)))\n"
            "    db = dfrom_x.sum(axis=(0, 1))",
            becomes="dWx, dWh, db = x[-1].T @ dfrom_x[-1], prev_h[-1].T @ dfrom_h[-1], dfrom_x[-1].sum(axis=0)",
            says="The gradients of the weights are those of the last step alone. The same weights were used at every "
            "step before it, and each use has a share.",
        ),
        Misconception(
            line="dWx = np.tensordot(x, dfrom_x, axes=((0, 1), (0, 1)))\n"
            "    dWh = np.tensordot(prev_h, dfrom_h, axes=((0, 1), (0, 1)))\n"
            "    db = dfrom_x.sum(axis=(0, 1))",
            becomes="dWx = np.tensordot(x, dfrom_x, axes=((0, 1), (0, 1))) / len(x)\n"
            "    dWh = np.tensordot(prev_h, dfrom_h, axes=((0, 1), (0, 1))) / len(x)\n"
            "    db = dfrom_x.sum(axis=(0, 1)) / len(x)",
            says="The shares of the steps were averaged. Each use of a weight changes the loss by its own share, so "
            "they add up; if the loss is a mean over time, dh knows it already.",
        ),
        Misconception(
            line="np.tensordot(prev_h, dfrom_h, axes",
            becomes="np.tensordot(prev_h, dfrom_x, axes",
            says="For dWh the sums of the input's side were taken. In the candidate's columns the two sides differ: a "
            "reset gate stood behind this product and not behind the other.",
        ),
        Misconception(
            line="dWh = np.tensordot(prev_h, dfrom_h, axes=((0, 1), (0, 1)))",
            becomes="dWh = prev_h[0].T @ dfrom_h.sum(axis=0)",
            says="For dWh every step was given the initial state as the one before it. Wh multiplied another state "
            "at every step.",
        ),
        Misconception(
            line="dWh = np.tensordot(prev_h, dfrom_h, axes=((0, 1), (0, 1)))",
            becomes="next_h = np.stack([(1 - z) * before + z * g for _, z, g, _, before in cell_caches])\n"
            "    dWh = np.tensordot(next_h, dfrom_h, axes=((0, 1), (0, 1)))",
            says="dWh was made with the state after each step. Which state did Wh multiply there?",
        ),
        Misconception(
            line="reversed(range(len(x)))",
            becomes="range(len(x))",
            says="The steps were walked in the order of reading. What a step has to be told from the future is known "
            "only after the steps behind it.",
        ),
        Misconception(
            line="(dfrom_x @ Wx.T).swapaxes(0, 1)",
            becomes="(dfrom_x[::-1] @ Wx.T).swapaxes(0, 1)",
            says="dx stands in the order in which it was found, the last step first. Each step's gradient belongs "
            "where its input stands.",
        ),
        Misconception(
            line="(dfrom_x @ Wx.T).swapaxes(0, 1)",
            becomes="dfrom_x @ Wx.T",
            says="In dx time comes first and the batch second. dx has the shape of x: where does the time axis stand "
            "there?",
        ),
    ],
    "reverse_sequences": [
        Misconception(
            line="return x[np.arange(N)[:, None], order]",
            becomes="return x[:, ::-1].copy()",
            says="The padding was turned round with the sequences, so that a short one now begins with padding. Each "
            "sequence has an end of its own, and lengths says where it is.",
        ),
        Misconception(
            line="order = np.where(t <= last, last - t, t)",
            becomes="order = np.where(t < last, last - 1 - t, t)",
            says="The last step of each sequence stayed where it was. It is part of the sequence and comes first now: "
            "a sequence of three has the steps 0, 1 and 2.",
        ),
        Misconception(
            line="order = np.where(t <= last, last - t, t)",
            becomes="order = np.where(t <= last + 1, last + 1 - t, t) % T",
            says="One step too many was turned round: the first of the padding stands where the sequence should "
            "begin. Of a sequence of three, which number has the last step?",
        ),
        Misconception(
            line="order = np.where(t <= last, last - t, t)",
            becomes="order = last - t",
            says="The sequences are right and their padding was turned round too: a number below zero counts from "
            "the end to NumPy. What lies behind a sequence stays where it is.",
        ),
        Misconception(
            line="return x[np.arange(N)[:, None], order]",
            becomes="return x[np.arange(N)[:, None], order] * (t <= last)[:, :, None]",
            says="The sequences are right, but their padding became zeros. This function turns sequences and changes "
            "nothing else; what stands in the padding is the caller's.",
        ),
        Misconception(
            line="order = np.where(t <= last, last - t, t)",
            becomes="order = np.maximum(last - t, 0)",
            says="The sequences are right, but in place of their padding the first step was repeated. What lies "
            "behind a sequence stays where it is.",
        ),
        Misconception(
            line="return x[np.arange(N)[:, None], order]",
            becomes="return x[:, :, ::-1].copy()",
            says="The features were turned round, not the steps. Time is the second axis.",
        ),
        Misconception(
            line="return x[np.arange(N)[:, None], order]",
            becomes="return x[::-1].copy()",
            says="The order of the sequences was turned round, and each of them still reads forwards. Time is the "
            "second axis; the first one is the batch.",
        ),
        Misconception(
            line="return x[np.arange(N)[:, None], order]",
            becomes="x[:] = x[np.arange(N)[:, None], order]\n    return x",
            says="The sequences were turned round in the caller's own array, and calling twice gives back "
            "the old order. Whoever reads them forwards still needs them as they were.",
        ),
        Misconception(
            line="if lengths.shape != (N,) or lengths.min() < 1 or lengths.max() > T:",
            becomes="if False:",
            says="Lengths that make no sense went through, or failed somewhere inside. A sequence has at least one "
            "step and at most as many as x, and there is one length for each.",
        ),
        Misconception(
            line=" or lengths.min() < 1",
            becomes="",
            says="A length of zero went through. A sequence without steps has no end to begin from, and whoever "
            "called should hear it.",
        ),
        Misconception(
            line=" or lengths.max() > T",
            becomes="",
            says="A length beyond the last step was not refused by name. There is nothing there to turn round, and "
            "whoever called should hear that it is the lengths that do not fit.",
        ),
    ],
    "bidirectional_forward": [
        Misconception(
            line="return x[np.arange(N)[:, None], order]",
            becomes="return x[:, ::-1].copy()",
            says="The second network read the padding before the sequence, and came to it with a state made of "
            "nothing. If your reverse_sequences turns the padding too, mend it there, then check this one again.",
        ),
        Misconception(
            line="turned = reverse_sequences(x, lengths)",
            becomes="reverse_sequences(x, lengths)\n"
            "    lengths = np.full(N, T)\n"
            "    turned = reverse_sequences(x, lengths)",
            says="The lengths were never asked: the second network began at the end of the padding, and the padding has "
            "states of its own. Each sequence has an end, and behind it there is nothing.",
        ),
        Misconception(
            line="reverse_sequences(right, lengths)",
            becomes="right",
            says="The second network read from the end, and its states stayed in the order in which it read. Both "
            "halves of h at one step should speak of the same place in the sequence.",
        ),
        Misconception(
            line="right, right_cache = rnn_forward(turned, h0, **backward)",
            becomes="right, right_cache = rnn_forward(x, h0, **backward)",
            says="The second network read the sequences from the front, and its states were turned round afterwards. "
            "What it should know at a place is what comes after it.",
        ),
        Misconception(
            line="right, right_cache = rnn_forward(turned, h0, **backward)",
            becomes="right, right_cache = rnn_forward(x, h0, **backward)\n"
            "    right = reverse_sequences(right, lengths)",
            says="Both networks read from the front, so neither knows what comes after a place. One of the two "
            "begins at the end of each sequence.",
        ),
        Misconception(
            line="[left, reverse_sequences(right, lengths)]",
            becomes="[reverse_sequences(right, lengths), left]",
            says="The halves of h changed places. The state of the network that reads from the front comes first.",
        ),
        Misconception(
            line="left, left_cache = rnn_forward(x, h0, **forward)\n"
            "    right, right_cache = rnn_forward(turned, h0, **backward)",
            becomes="left, left_cache = rnn_forward(x, h0, **backward)\n"
            "    right, right_cache = rnn_forward(turned, h0, **forward)",
            says="The networks changed places: the weights made for reading from the end read from the front. Each "
            "has learned its own direction.",
        ),
        Misconception(
            line="rnn_forward(turned, h0, **backward)",
            becomes="rnn_forward(turned, h0, **forward)",
            says="Both directions were read with the weights of the first network. The second one has weights of "
            "its own: what follows is not read like what came before.",
        ),
        Misconception(
            line="np.concatenate([left, reverse_sequences(right, lengths)], axis=2) * mask",
            becomes="(left + reverse_sequences(right, lengths)) * mask",
            says="The two states were added up. They stand beside each other, so that whoever reads h can still tell "
            "what came before from what comes after.",
        ),
        Misconception(
            line="axis=2) * mask",
            becomes="axis=2)",
            says="The sequences are right, but there are states in the padding. Nothing was read there, and "
            "what stands there should be zero whatever x holds.",
        ),
        Misconception(
            line="rnn_forward(turned, h0, **backward)",
            becomes="rnn_forward(turned, left[:, -1], **backward)",
            says="The second network began with the last state of the first. Both begin with zeros: each is to say "
            "what it found on its own side.",
        ),
        Misconception(
            line="right, right_cache = rnn_forward(turned, h0, **backward)\n"
            "    mask = (np.arange(T) < lengths[:, None])[:, :, None]\n"
            "    h = np.concatenate([left, reverse_sequences(right, lengths)], axis=2) * mask",
            becomes="mask = (np.arange(T) < lengths[:, None])[:, :, None]\n"
            "    right, right_cache = rnn_forward((x * mask)[:, ::-1], h0, **backward)\n"
            "    h = np.concatenate([left, right[:, ::-1]], axis=2) * mask",
            says="The padding was made zero and then read first by the second network. Zeros are not nothing: the bias "
            "works on them, and the state that meets the sequence is no longer the initial one.",
        ),
        Misconception(
            line="np.arange(T) < lengths[:, None])",
            becomes="np.arange(T) < lengths[:, None] - 1)",
            says="The last step of every sequence was taken for padding. A sequence of three has the steps 0, 1 "
            "and 2.",
        ),
        Misconception(
            line="if lengths.shape != (N,) or lengths.min() < 1 or lengths.max() > T:",
            becomes="if False:",
            says="Lengths that make no sense went through, or failed somewhere inside. Whoever called should hear "
            "which argument it was; who could refuse them for both functions?",
        ),
    ],
    "bidirectional_backward": [
        Misconception(
            line="return x[np.arange(N)[:, None], order]",
            becomes="return x[:, ::-1].copy()",
            says="The gradients are those of a second network that reads the padding first. If your "
            "reverse_sequences turns the padding too, mend it there, then look at the way forward and at this.",
        ),
        Misconception(
            line="rnn_backward(reverse_sequences(dright, lengths), right_cache)",
            becomes="rnn_backward(dright, right_cache)",
            says="The second network was handed its gradients in the order of the text. It read from the end, so what "
            "is said of a place has to reach the step at which it read that place.",
        ),
        Misconception(
            line="dleft, dright = np.split(",
            becomes="lengths = np.full_like(lengths, dh.shape[1])\n    dleft, dright = np.split(",
            says="On the way back whole rows were turned round, padding and all. The second network read each sequence "
            "from its own end, and what is said of a place goes to the step at which that place was read.",
        ),
        Misconception(
            line="dx = dx + reverse_sequences(dturned, lengths)",
            becomes="dx = dx + dturned",
            says="The weights are right, but what the second network says about the inputs stayed in the order in "
            "which it read them. The two have to speak of the same input before they are added.",
        ),
        Misconception(
            line="dx = dx + reverse_sequences(dturned, lengths)",
            becomes="dx = dx",
            says="dx holds what the first network says and nothing of the second. Both read every input, and both "
            "have a say about it.",
        ),
        Misconception(
            line="dx = dx + reverse_sequences(dturned, lengths)",
            becomes="dx = reverse_sequences(dturned, lengths)",
            says="dx holds what the second network says and nothing of the first. Both read every input, and both "
            "have a say about it.",
        ),
        Misconception(
            line="dx = dx + reverse_sequences(dturned, lengths)",
            becomes="dx = (dx + reverse_sequences(dturned, lengths)) / 2",
            says="dx is the mean of what the two networks say. An input moves the loss by way of the one and by way "
            "of the other, and the two add up.",
        ),
        Misconception(
            line="np.split(dh * mask, 2, axis=2)",
            becomes="np.split(dh, 2, axis=2)",
            says="What stands at the padding was counted. h is zero there whatever the networks do, so no gradient at "
            "those places can reach them.",
        ),
        Misconception(
            line="dleft, dright = np.split(",
            becomes="dright, dleft = np.split(",
            says="Each network was handed the other's half of the gradient. Which half of h was whose?",
        ),
        Misconception(
            line="dict(zip(names, dforward, strict=True)), dict(zip(names, dbackward, strict=True))",
            becomes="dict(zip(names, dbackward, strict=True)), dict(zip(names, dforward, strict=True))",
            says="The gradients of the two networks came back in each other's place. Those of the one that reads "
            "from the front come first.",
        ),
        Misconception(
            line="np.split(dh * mask, 2, axis=2)\n",
            becomes="np.split(dh * mask, 2, axis=2)\n    dright = 0 * dright\n",
            says="The second network was told nothing: the gradients of its weights are zero. The loss looks at both "
            "halves of h.",
        ),
        Misconception(
            line="np.split(dh * mask, 2, axis=2)\n",
            becomes="np.split(dh * mask, 2, axis=2)\n    dleft = 0 * dleft\n",
            says="The first network was told nothing: the gradients of its weights are zero. The loss looks at both "
            "halves of h.",
        ),
        Misconception(
            line="np.split(dh * mask, 2, axis=2)\n",
            becomes="np.split(dh * mask, 2, axis=2)\n    dleft = dright = dleft + dright\n",
            says="Both networks were handed the sum of the two halves. Their states stand beside each other in h, and "
            "what is said of one of them is not said of the other.",
        ),
        Misconception(
            line="dict(zip(names, dforward, strict=True)), dict(zip(names, dbackward, strict=True))",
            becomes="dforward, dbackward",
            says="The gradients of the weights came back as a list. They are due under the names that the weights have "
            "in the dicts, so that nobody has to know an order.",
        ),
    ],
    "count_parameters": [
        Misconception(
            line="(inputs * H + H * H + H)",
            becomes="(inputs * H + H * H + 2 * H)",
            says="There are two biases for each gate, as in PyTorch. They are only ever added up, so one does what "
            "two do, and here there is one.",
        ),
        Misconception(
            line="inputs = D if layer == 0 else directions * H",
            becomes="inputs = D",
            says="Every layer was counted as if it read the inputs. A layer above the first reads the states of the "
            "one below, and there are as many as that one has units.",
        ),
        Misconception(
            line="directions * H",
            becomes="H",
            says="An upper layer was counted as if it read one direction of the layer below. It reads both, side "
            "by side.",
        ),
        Misconception(
            line="count += directions * blocks[cell]",
            becomes="count += blocks[cell]",
            says="Each layer was counted with the weights of one direction. The network that reads from the end has "
            "weights of its own.",
        ),
        Misconception(
            line="directions = 2 if bidirectional else 1\n    count = 0",
            becomes="directions = 1\n    count = 0",
            says="The second direction is nowhere to be seen. It has weights of its own, and the layer above reads its "
            "states too.",
        ),
        Misconception(
            line="(inputs * H + H * H + H)",
            becomes="(inputs * H + H * H)",
            says="The biases were not counted. They are few beside the weights, but they are learned like them.",
        ),
        Misconception(
            line="(inputs * H + H * H + H)",
            becomes="(inputs * H + H * H) + H",
            says="A whole layer was counted with one bias of H numbers. Each gate has a bias of its own, as it has "
            "weights of its own.",
        ),
        Misconception(
            line='"gru": 3, "lstm": 4',
            becomes='"gru": 2, "lstm": 3',
            says="Only the gates were counted. The candidate is no gate, but it is made from the input and the state "
            "by weights of its own.",
        ),
        Misconception(
            line='"gru": 3',
            becomes='"gru": 4',
            says="The GRU was counted like an LSTM. It has one gate fewer: a single one says what is new and, with "
            "what it leaves over, what is kept.",
        ),
        Misconception(
            line='"gru": 3, "lstm": 4',
            becomes='"gru": 1, "lstm": 1',
            says="Every cell was counted like the plain one. The gates are made from the same input and state, but "
            "each by weights of its own.",
        ),
        Misconception(
            line="(inputs * H + H * H + H)",
            becomes="(inputs * H + H)",
            says="The weights from the old state to the new one were not counted. They are what makes the network "
            "recurrent.",
        ),
        Misconception(
            line="count += directions",
            becomes="count = directions",
            says="Only the last layer was counted. Each layer has its own weights, and all of them are learned.",
        ),
        Misconception(
            line="return count",
            becomes="return float(count)",
            says="The count is right, but it is a real number. What is counted in pieces is an int, also when some "
            "step on the way was a division.",
        ),
        Misconception(
            line="if number < 1:",
            becomes="if False:",
            says="A number below one was taken as it is. There is no network without units, inputs or layers, and "
            "whoever asked should hear which it was.",
        ),
        Misconception(
            line="if cell not in blocks:",
            becomes="if False:",
            says="A cell that nobody knows was not refused as it should be: a key that is missing is another kind of "
            "error, and says nothing about what may be asked for.",
        ),
    ],
}
