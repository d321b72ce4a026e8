"""The questions to answer before reading on, lecture by lecture.

They stand here and not in the notebooks, where one would read the answer before the question.
"""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """A question with one right answer.

    Attributes:
        text: one or two sentences; `code` between back quotes, no formulas.
        answers: what can be answered -> why it is right or wrong. The first is the right one; they are shown in
            random order.
    """

    text: str
    answers: dict[str, str]


# ---- 1. RNN basics

TWO_UNDERSCORES = Question(
    "What does the table say after the first underscore, and after the fourth?",
    {
        "Twice the same": "It sees `_` and nothing else, so it looks up the same row.",
        "First `_`, then `(`": "For that it would have to know which underscore this is.",
        "The second time it is surer": "The row of `_` was counted once. It stays as it is.",
    },
)
LONGER_TEXTS = Question(
    "How many weights does the cell need for texts ten times as long?",
    {
        "The same number": "T is in none of the shapes (D, H), (H, H) and (H,). Only the loop is longer.",
        "Ten times as many": "A window needs weights for each place. Here one set serves all places.",
        "As many, but ten times the units": "Units are the width H of the state. Steps are how often the line runs.",
    },
)
TARGET_OF_HELLO = Question(
    "The network reads `h`, `e`, `l`, `l`. Which targets is it trained towards?",
    {
        "`e`, `l`, `l`, `o`": "The input, shifted by one: at each step, the letter that comes next.",
        "`h`, `e`, `l`, `l`": "To repeat what was just read takes no memory and teaches nothing.",
        "Only `o`, at the end": "That is many to one. Here each step has a target: four lessons in one word.",
    },
)
BEST_WITHOUT_MEMORY = Question(
    "What is the lowest cost that any model can reach on a text if it sees only the present character?",
    {
        "That of a bigram counted on that very text": "No row can do better than the true frequencies.",
        "That of the unigram": "It still sees one character, so it can do what a bigram does.",
        "As low as you like, with enough units": "The same character in, the same answer out, with any units.",
    },
)
TEMPERATURE = Question(
    "What becomes of the distribution at a very low and at a very high temperature?",
    {
        "Low: one sure answer. High: all alike": "A small τ stretches the differences, a large one flattens them.",
        "Low: all alike. High: one sure answer": "Dividing by a small number makes differences larger.",
        "The characters change their order": "Dividing by a positive number keeps the larger score larger.",
    },
)

# ---- 2. BPTT

FIRST_USE = Question(
    "The state before the first step is zero. The weight's first use is nudged. How much does the loss change?",
    {
        "Not at all": "The weight multiplied zero. A little more weight, times zero, is still zero.",
        "More than for any other use": "What follows from the first step came in through x, not through this weight.",
        "A little": "Age can make a part small. Here the reason is another: the weight multiplied zero.",
    },
)
TOTAL_OF_THE_BARS = Question(
    "Three uses of one weight have the bars +2, -1 and +4. What is the gradient of the weight?",
    {
        "+5": "Moving the weight moves all its uses at once, and the effects add up.",
        "+5/3": "Nothing divides by the number of uses, unless the loss itself is a mean.",
        "+4": "The last use has its say, and so have the others.",
    },
)
STEP_OF_THE_CHECK = Question(
    "In float64: which step brings the slope by nudges closest to the true one?",
    {
        "1e-5": "The curve hardly bends over so short a way, and the difference still has most of its digits.",
        "1e-12": "The two losses agree in nearly all their digits. What is left of the difference is rounding.",
        "1e-1": "Over so long a way the curve bends, and the nudges measure the bend as well.",
    },
)
WHAT_A_CUT_CHANGES = Question(
    "A state is handed on, but no gradient goes back through it. What does the cut change?",
    {
        "Gradients": "Values flow forwards and are left alone. What is cut is the credit for them.",
        "The states after it": "The very same numbers are handed on. A reset to zero would change them.",
        "Nothing": "An error after the cut can no longer be traced to a use before it.",
    },
)
WITHOUT_ITS_QUOTES = Question(
    "A unit is high through hundreds of characters of docstring. What will it do without the opening quotes?",
    {
        "Soon the same as before": "It hears English, and has learned how that sounds. It did not remember the quotes.",
        "Stay low to the end": "That is what a memory of the quotes would do, or of their absence.",
        "Slowly fade": "That would be a memory that leaks, fed by the quotes once.",
    },
)

# ---- 3. Vanishing gradients

HUNDRED_STEPS = Question(
    "Each step back leaves nine tenths of the gradient. What is left after 100 steps?",
    {
        "Less than a ten-thousandth": "Nine tenths, a hundred times: 0.9 to the 100 is 0.00003.",
        "About a tenth": "That is left after 22 steps. Each further 22 take the next factor of ten.",
        "Nothing: 100 times a tenth is more than all": "Each step takes a tenth of what is left, so it never ends.",
    },
)
ABOVE_ONE = Question(
    "A tanh network is driven by strong input. The largest singular value of `Wh` is 3. Its gradient, 50 steps back?",
    {
        "It vanishes": "Strong input pushes the units to the flat ends of tanh. The slopes there are far below 1/3.",
        "It explodes": "Above one it may, and without input it can. The slopes of tanh have a say as well.",
        "It keeps its size": "That would take slopes that balance the 3 exactly, at every step.",
    },
)
ZERO_UPDATES = Question(
    "The term from 50 steps back is nearly zero. What becomes of the update of `Wh`?",
    {
        "It hardly changes": "The update is a sum over all steps. The near terms are as large as ever.",
        "It is nearly zero too": "For that every term would have to vanish. Only the far ones do.",
        "It is divided among the steps": "The steps share one matrix. Their terms are added, none is divided.",
    },
)
KEEP_OR_SELECT = Question(
    "A rotation loses nothing. Which task does an orthogonal tanh network learn where random weights fail?",
    {
        "Copy": "While it waits, nothing comes in, and it keeps what it has. In adding each step pours in more.",
        "Adding": "Every number is poured into the state, also the 48 that do not count, and tanh has to hold them.",
        "Both": "They differ in what comes in while the network has to remember.",
    },
)
CLIPPING = Question(
    "A gradient is (3, 4). It is clipped to norm 1. What is left, and what becomes of (0.03, 0.04)?",
    {
        "(0.6, 0.8), and it stays": "The norm was 5, so all is divided by 5. What is short enough is not touched.",
        "(1, 1), and it stays": "That is clipping by value. It has turned the gradient.",
        "(0.6, 0.8), twice": "That is normalising. Clipping never makes a gradient longer.",
    },
)
ADAM_CURES = Question(
    "Adam divides a weight's gradient by its recent size. Does it bring back what vanished on its way through time?",
    {
        "No": "It enlarges the sum. The far terms are as small a part of it as before.",
        "Yes, small gradients get larger": "A small sum does. But these terms are drowned in a sum that is not small.",
        "Yes, after enough steps": "However long it trains, the far terms stay the same small share.",
    },
)
LAST_LAYERS = Question(
    "VGG-16 has 13 convolutional layers, then 3 fully connected ones. What share of its weights is in these 3?",
    {
        "About nine tenths": "One matrix alone, from 7 by 7 by 512 to 4,096, has 103 million of 138 million.",
        "About half": "Most layers are convolutions, but a convolution uses its few weights at every place.",
        "About a tenth": "The other way round.",
    },
)


# ---- 4. LSTM and GRU

HALF_LIFE = Question(
    "An LSTM's forget bias is 1, and nothing else feeds that gate. After how many steps is half of a memory left?",
    {
        "About 2": "The sigmoid of 1 is 0.73, and 0.73 twice is 0.53.",
        "About 20": "For that the gate would have to be at 0.966, which takes a bias of 3.3.",
        "It stays: that is what a cell is for": "It stays where the gate stays at one. A bias of 1 leaves it at 0.73.",
    },
)
WITHOUT_WHICH_GATE = Question(
    "Three of the four parts cannot be missed. Without which one are all three reads still right?",
    {
        "Without o, the output gate": "The cell is as it was. It only says so all the time.",
        "Without f, the forget gate": "Then the second bit is added to the first, and opposite bits cancel.",
        "Without i, the input gate": "Then the noise is stored as well, at every step.",
        "Without g, the candidate": "Then there is nothing to store but that something came.",
    },
)
BIAS_OF_ONE = Question(
    "An LSTM with random weights and a forget bias of 1. What is left of its gradient after 100 steps?",
    {
        "Less than a hundred-thousandth": "Each step along the cell leaves 0.73. Detours bring back some, not enough.",
        "About a tenth": "For that each step would have to leave 0.977 of it.",
        "About as much as at the start": "That is what an open gate does. A bias of 1 opens it to 0.73.",
    },
)
CLOSED_AT_FIRST = Question(
    "With a forget bias of 0 hardly any gradient from the first number arrives. Will it learn to add over 40 steps?",
    {
        "Yes, with the help of marks near the end": "They teach the gates to open, and then the rest is heard.",
        "No, what does not arrive is not learned": "Not at first. But the gates are learned too, and then it arrives.",
        "Yes, as if the bias were 3": "It has to open its gates first, and near examples have to teach it that.",
    },
)
KEEP_OR_REPLACE = Question(
    "The update gate z of a paper's GRU stands at 0.9. Does the unit keep its state, or replace it?",
    {
        "That depends on the paper": "Both conventions are in use. Look at the last line of its equations.",
        "It keeps nine tenths": "In Cho and others (2014) and in PyTorch, yes. Here it replaces them.",
        "It replaces nine tenths": "Here and in Chung and others (2014), yes. In PyTorch it keeps them.",
    },
)
BOTH_WAYS_FORWARD = Question(
    "A network that reads both ways learns to predict the next character. What becomes of its cost?",
    {
        "Almost nothing is left": "From the right, it has read the next character before it is asked for it.",
        "It is somewhat lower": "So it is for tags. Here the answer itself is in what is read from the right.",
        "It stays: the future does not matter": "The next character is the future, and it lies in plain sight.",
    },
)
QUOTES_BEFORE_CODE = Question(
    "Three quotes are put before a line of code. What will the cell for strings and comments say?",
    {
        "A string, for some tens of characters": "It remembers the quotes, and lets what it reads overrule them.",
        "Code, at once, as the unit of chapter 2": "That one recognised what it read. This one also remembers.",
        "A string, until quotes close it": "A cell could. This one was not trained to trust its memory that long.",
    },
)


# ---- 5. Sequence to sequence

FAILS_FIRST = Question(
    "The state gets 32 numbers instead of 96, and no more training. Which part of the answer fails first?",
    {
        "The month and the day": "A year is copied, and due first. A month is a word in fourteen languages.",
        "The year, as it has the most digits": "They are many, but nearly always there to be copied.",
        "All parts alike": "Each is learned at its own pace, and the training ends too soon for some.",
    },
)
BACKWARDS = Question(
    "The source is read from its end. Will the network that spells names, and the one that writes dates, get better?",
    {
        "Names yes, dates no": "A name's first letter is then heard last and due at once. ISO has an order of its own.",
        "Both": "It helps where both sides have one order. ISO has its own.",
        "Neither: the same characters are read": "The same ones, but at another distance from where they are due.",
    },
)
WHICH_PREFIXES = Question(
    "Told the truth at each step, 85 of 100 letters are right. And when the network goes on from its own letters?",
    {
        "Clearly fewer": "The 85 were right after true beginnings. After a false one it was never taught what to do.",
        "As many: the weights are the same": "The weights are, the inputs are not. One mistake changes the next.",
        "More, as it knows its own style": "Its style was learned on true beginnings. A false one is foreign to it.",
    },
)
WEANED = Question(
    "Networks that were shown more and more of their own letters in training: how do they do on their own?",
    {
        "Worse than the others": "Its beginning has shifted, and still letter 7 is due at step 7.",
        "Better, that is what it is for": "That is the hope, and it came true elsewhere. Here it did not.",
        "The same: only the training differs": "The training decides the weights, and these differ.",
    },
)
WIDER_BEAM = Question(
    "What do the scores and the right answers do when the beam grows from 1 to 5 to 50?",
    {
        "Scores rise, right answers rise at first": "A better search finds what the model believes, right or not.",
        "Both rise all the way": "Scores do. But where the model is wrong, a better search finds that too.",
        "Neither changes: the model is the same": "The model is, but greedy misses answers that it finds likelier.",
    },
)

# ---- 6. Captioning

WHAT_THE_MEAN_LOSES = Question(
    "A red circle moves from the top left to the bottom right. What does the mean of the nine cells do?",
    {
        "Hardly changes": "The same nine rows are added up, in another order. Where they stood is gone.",
        "Changes as much as if it turned blue": "Another colour makes other features. Another place reorders them.",
        "Becomes its negative": "Nothing in a mean has a direction in the picture.",
    },
)
NEEDED_THE_PICTURE = Question(
    "A caption begins `a big red circle above`. Whose distribution changes least and most for another picture?",
    {
        "`a` least, `above` most": "An article follows from the grammar. A relation can only be seen.",
        "`above` least, `red` most": "Colours need the picture, too. But no word tells whether it is above or below.",
        "All about equally": "Then the words read so far would be of no use to the network. They are.",
    },
)
SAME_BLEU = Question(
    "Two candidates: `above` became `over` in one, and `below` in the other. Which has the higher BLEU?",
    {
        "Both have the same": "In both, one word is not in the reference, at the same place. Its meaning is not asked.",
        "The one with `over`, which is true": "BLEU compares letters on the page. It has no picture and no dictionary.",
        "The one with `below`, as it is commoner": "How common a word is elsewhere has no part in it.",
    },
)
BLUE_CIRCLE = Question(
    "In training nearly every circle was red. Now comes a blue one in fog. When the captioner errs, what will it say?",
    {
        "A blue square, or another blue shape": "Blue is seen and said first. After it, a circle hardly ever came.",
        "A red circle": "Once `red` is said, `circle` follows. But the colour comes first, and it is plain to see.",
        "Nothing": "It never learned to say nothing. It always learned to say a sentence.",
    },
)

# ---- 7. Attention

NOBODY_TOLD_IT = Question(
    "It was trained on texts and ISO dates. Nobody told it where the year stands. Where will it look while writing it?",
    {
        "Nearly only at the year": "The context is how it gets the digits, so looking there is what lowers the loss.",
        "Everywhere a little": "So it begins. Then whatever weight is on the wrong character costs probability.",
        "At the end, like chapter 5's decoder": "That one had nothing else. This one has every place to choose from.",
    },
)
RUN_TWICE = Question(
    "Soft attention and hard attention are each run twice, on the same input and with the same weights. What differs?",
    {
        "Only what hard attention looks at": "It draws a place by chance. The mean is the same each time.",
        "Only what soft attention looks at": "Soft does not mean random: the same weights give the same mean.",
        "Neither: the weights are the same": "They are, and hard attention uses them as chances.",
    },
)
BASELINE = Question(
    "A constant b is subtracted from the cost before it multiplies. What becomes of the estimate?",
    {
        "Same mean, other variance": "Chances add up to one, so a constant times grad log has the mean zero.",
        "Another mean, same variance": "For the mean to change, the subtracted part would need a mean other than zero.",
        "Both change": "The variance does. Count the mean out: b drops out of it.",
    },
)
COUNTED = Question(
    "`how many crosses`: one, says the network, and it is right. Now the red circle is erased. What does it say?",
    {
        "Two": "It always saw three things, and learned to subtract from three what is no cross.",
        "One: the circle is no cross": "So it would be if it counted crosses. In training both ways gave the same.",
        "None": "The cross is still there, and it is seen.",
    },
)

# ---- 8. Beyond recurrence

PASSES_FOR_EIGHT = Question(
    "Eight characters, eight targets. How many passes does a Transformer need to train on them?",
    {
        "One": "All beginnings are known. The mask gives each place its own, and the eight run side by side.",
        "Eight: one character after another": "So it is when it writes. In training the text is there already.",
        "Sixty-four: each pair once": "There are as many scores, nearly. They are computed in a single product.",
    },
)
SHUFFLED_WORDS = Question(
    "No positions, no mask. Five words are shuffled, the sixth stays. Whose own output changes?",
    {
        "Nobody's": "Each word sees the same words as before, itself included. A sum has no order.",
        "Those of the five that moved": "They carry their output with them. What they see has not changed.",
        "All six": "For that somebody would have to know where the words stand. Columns are not told apart.",
    },
)
MERGE_TWO_TANH = Question(
    "Two steps of a recurrence with tanh: are they one step of the same form, with other numbers?",
    {
        "No": "The tanh between them stays. To know what both do, one has to keep both.",
        "Yes, every recurrence can be scanned": "It needs a merge that stays small. Here the merged step grows.",
        "Yes, if the numbers are multiplied as before": "That forgets the tanh between the two steps.",
    },
)
ON_ONE_TEXT = Question(
    "Two Transformers are told the places: added to the words, or by turning queries and keys. Does it matter?",
    {
        "Yes: one ends ahead of the LSTM": "Turned, a score sees the distance. Added, distance must be learned.",
        "No: both end ahead of the LSTM": "One does. The other has the same attention, and does not get there in time.",
        "No: both end behind the LSTM": "One does. The other differs by nothing but how it is told the places.",
    },
)
WHO_FORGETS = Question(
    "All learn with up to 16 pairs and 32 steps of noise. What is too much for the LSTM, what for a Transformer?",
    {
        "Pairs; noise": "One state has to hold all pairs. A lookup stumbles over new places.",
        "Noise; pairs": "The LSTM lets noise pass. And a lookup has room for every pair.",
        "Noise; noise": "In the LSTM one pair outlives much more noise than it was trained with.",
    },
)
