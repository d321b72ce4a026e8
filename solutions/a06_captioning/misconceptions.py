"""What is known to go wrong in assignment 6: a patch to the answer, and what the learner is told.

Of two that look the same from outside the first one's sentence is read, so the common mistake comes first. A sentence says
what happened and why that is not it; the last step is the reader's.
"""

from rnn_autograder.diagnosis import Misconception

MISCONCEPTIONS: dict[str, list[Misconception]] = {
    "global_average_pool": [
        Misconception(
            line="maps.mean(dim=(2, 3))",
            becomes="maps.sum(dim=(2, 3))",
            says="These are sums over the places. They grow with the size of the picture, and the layer behind them "
            "would have to be trained anew for each size. What makes them independent of it?",
        ),
        Misconception(
            line="maps.mean(dim=(2, 3))",
            becomes="maps.amax(dim=(2, 3))",
            says="The largest value of each map came back. That is pooling too, but it says how strongly a feature was "
            "seen at its best place, and not on average.",
        ),
        Misconception(
            line="maps.mean(dim=(2, 3))",
            becomes="maps.detach().mean(dim=(2, 3))",
            says="The values are right and no gradient gets back through them. The network that made the maps could "
            "never learn from the captions.",
        ),
        Misconception(
            line="maps.mean(dim=(2, 3))",
            becomes="maps.mean(dim=(2, 3), keepdim=True)",
            says="Two axes of length one are left where the places were. What reads the features wants one vector for "
            "each picture.",
        ),
        Misconception(
            line="maps.mean(dim=(2, 3))",
            becomes="maps.mean(dim=3)",
            says="Only the columns were averaged, and the rows of places are still there. A feature is to have one "
            "number for the whole picture.",
        ),
        Misconception(
            line="maps.mean(dim=(2, 3))",
            becomes="maps.mean(dim=1).flatten(1)",
            says="The mean was taken over the features at each place. That says how much is seen where, and no longer "
            "what. Which axes are places?",
        ),
        Misconception(
            line="maps.mean(dim=(2, 3))",
            becomes="maps.flatten(1)",
            says="Every number was kept, in one long row. This is what pooling is there to avoid: the layer behind would "
            "need a weight for each place.",
        ),
        Misconception(
            line="maps.ndim != 4 or 0 in maps.shape[2:]",
            becomes="maps.ndim != 4",
            says="Maps without a single place were pooled. The mean of nothing is not a number, and it would be found "
            "only much later, in the loss.",
        ),
        Misconception(
            line="maps.ndim != 4 or 0 in maps.shape[2:]",
            becomes="maps.ndim < 4 or 0 in maps.shape[2:4]",
            says="Maps with an axis too many were pooled, and something of another shape came back without a word. The "
            "contract asks for exactly four.",
        ),
    ],
    "caption_batches": [
        Misconception(
            line="return [batches[k] for k in rng.permutation(len(batches))]",
            becomes="return batches",
            says="The batches come sorted by length: all short captions, then all long ones. A network forgets "
            "what it saw a whole epoch ago. The order of the batches is to be left to chance, too.",
        ),
        Misconception(
            line="rows = rng.permutation(np.flatnonzero(lengths == length))",
            becomes="rows = np.flatnonzero(lengths == length)",
            says="The same captions meet in the same batch in every epoch, because the rows of a length keep their order. "
            "Who stands beside whom is to be left to chance.",
        ),
        Misconception(
            line="range(0, len(rows), N)]",
            becomes="range(0, len(rows) - N + 1, N)]",
            says="Captions are lost: what does not fill a batch is left out. A rare length would never be seen at all.",
        ),
        Misconception(
            line="    batches = []\n"
            "    for length in np.unique(lengths):\n"
            "        rows = rng.permutation(np.flatnonzero(lengths == length))\n"
            "        batches += [rows[start : start + N] for start in range(0, len(rows), N)]\n",
            becomes="    order = rng.permutation(len(lengths))\n"
            "    order = order[np.argsort(lengths[order], kind='stable')]\n"
            "    batches = [order[start : start + N] for start in range(0, len(order), N)]\n",
            says="The captions were sorted by length and then cut every N rows. Where one length ends in the middle of a "
            "batch, two lengths stand together and one of them needs padding.",
        ),
        Misconception(
            line="    batches = []\n"
            "    for length in np.unique(lengths):\n"
            "        rows = rng.permutation(np.flatnonzero(lengths == length))\n"
            "        batches += [rows[start : start + N] for start in range(0, len(rows), N)]\n",
            becomes="    order = rng.permutation(len(lengths))\n"
            "    batches = [order[start : start + N] for start in range(0, len(order), N)]\n",
            says="The batches are random and full, but nobody asked for the lengths: short and long captions stand "
            "together, and the short ones are mostly padding.",
        ),
        Misconception(
            line="rows = rng.permutation(np.flatnonzero(lengths == length))",
            becomes="rows = np.random.default_rng().permutation(np.flatnonzero(lengths == length))",
            says="Chance came from somewhere else than the generator that is given. With its seed nobody could have "
            "these batches again.",
        ),
        Misconception(
            line="rows = rng.permutation(np.flatnonzero(lengths == length))",
            becomes="rows = lengths[rng.permutation(np.flatnonzero(lengths == length))]",
            says="The batches hold the lengths of the captions. What is due are the numbers of their rows, by which "
            "captions and pictures can be looked up.",
        ),
        Misconception(
            line="rows = rng.permutation(np.flatnonzero(lengths == length))",
            becomes="rows = rng.choice(np.flatnonzero(lengths == length), size=(lengths == length).sum())",
            says="Rows were drawn with replacement: some captions come several times and others never. Each is to be in "
            "exactly one batch.",
        ),
        Misconception(
            line="range(0, len(rows), N)]",
            becomes="range(0, len(rows), max(N - 1, 1))]",
            says="Each batch begins before the last one has ended, so that a caption is in two of them. Where does the "
            "next one begin?",
        ),
        Misconception(
            line="return [batches[k] for k in rng.permutation(len(batches))]",
            becomes="lengths.sort()\n    return [batches[k] for k in rng.permutation(len(batches))]",
            says="The lengths were sorted in place. The caller's captions are no longer as long as their lengths say; "
            "work on a copy.",
        ),
        Misconception(
            line="if N < 1:",
            becomes="if N == 0:",
            says="A negative N was taken for a size, and what came back has nothing in it. The contract says below which "
            "number it makes no sense.",
        ),
        Misconception(
            line="    if len(lengths) == 0:\n"
            '        raise ValueError("lengths is empty: there is no caption to make batches of")\n',
            becomes="",
            says="Of no captions no batches were made, without a word. Whoever forgot to load the data would see a training "
            "that ends at once and find nothing wrong.",
        ),
    ],
    "CaptioningRNN": [
        Misconception(
            line="h0 = self.to_state(features)[None]",
            becomes="h0 = torch.zeros_like(self.to_state(features)[None])",
            says="By the way of the state the features never arrive: it begins with zeros whatever the picture. What is "
            "left is a language model, and it will be fluent.",
        ),
        Misconception(
            line="features[:, None].expand(-1, x.shape[1], -1)",
            becomes="torch.zeros_like(features)[:, None].expand(-1, x.shape[1], -1)",
            says="By the way of the input the features never arrive: there are zeros beside the embedding. What is left "
            "is a language model, and it will be fluent.",
        ),
        Misconception(
            line="torch.cat([x, features[:, None].expand(-1, x.shape[1], -1)], dim=2)",
            becomes="torch.cat([x, torch.nn.functional.pad(features[:, None], (0, 0, 0, x.shape[1] - 1))], dim=2)",
            says="By the way of the input the features are seen at the first token only, and zeros stand in their place "
            "behind it. They are to be there at every step.",
        ),
        Misconception(
            line="[x, features[:, None].expand(-1, x.shape[1], -1)]",
            becomes="[features[:, None].expand(-1, x.shape[1], -1), x]",
            says="The features stand before the embedding, so each meets the other's weights. Trained by itself that "
            "network would be as good, but the contract says who comes first.",
        ),
        Misconception(
            line="h0 = self.to_state(features)[None]",
            becomes="h0 = self.to_state(features).tanh()[None]",
            says="The features went through a tanh on their way into the state. The layer that makes the state is linear, "
            "with nothing behind it.",
        ),
        Misconception(
            line="torch.zeros_like(h0))",
            becomes="h0)",
            says="The cell of the LSTM begins with the features as well. Only its state does; what the cell begins with, the "
            "contract says.",
        ),
        Misconception(
            line="cross_entropy(scores.transpose(1, 2), captions[:, 1:],",
            becomes="cross_entropy(scores.transpose(1, 2), captions[:, :-1],",
            says="The target is the token that was just read. It can be copied, so the loss will fall to nothing and "
            "nothing will be learned. Which token is due at a step?",
        ),
        Misconception(
            line="scores, _ = self.read(features, captions[:, :-1], self.begin(features))",
            becomes="scores, _ = self.read(features, captions[:, 1:], self.begin(features))",
            says="The network reads each token before it is asked for it: the inputs begin with the second token and end with "
            "the last. In use nobody gives it the word that it is to find.",
        ),
        Misconception(
            line="scores, _ = self.read(features, captions[:, :-1], self.begin(features))",
            becomes="scores, _ = self.read(features, captions, self.begin(features))",
            says="There is one score too many: the last token was read as well, and nothing follows it that could be "
            "predicted.",
        ),
        Misconception(
            line='ignore_index=PAD, reduction="sum")',
            becomes='reduction="sum")',
            says="Padding was paid for. The network would learn to write it, and the loss would depend on how long the "
            "longest caption of the batch is.",
        ),
        Misconception(
            line="ignore_index=PAD",
            becomes="ignore_index=END",
            says="Another token than the padding goes free. A network that never pays for the end never learns to come "
            "to one.",
        ),
        Misconception(
            line='reduction="sum")\n        return costs / len(captions)',
            becomes='reduction="mean")\n        return costs',
            says="This is a mean over all tokens. In a caption of three words each would then weigh as much as three in one "
            "of nine. The contract sums over time.",
        ),
        Misconception(
            line="return costs / len(captions)",
            becomes="return costs",
            says="The loss was summed over the batch too. Twice the batch would mean twice the gradient. Over what is it to "
            "be averaged?",
        ),
        Misconception(
            line="return costs / len(captions)",
            becomes="return costs / captions.numel()",
            says="The loss was divided by the size of the rectangle, padding and all. It is a sum over time, and a mean over "
            "captions alone.",
        ),
        Misconception(
            line="cross_entropy(scores.transpose(1, 2),",
            becomes="cross_entropy(scores.softmax(dim=2).transpose(1, 2),",
            says="The softmax was taken twice: the cross-entropy takes scores and makes probabilities of them itself. The "
            "second one hardly tells right from wrong.",
        ),
        Misconception(
            line="return scores\n",
            becomes="return scores.log_softmax(dim=2)\n",
            says="What forward returns are logarithms of probabilities. The loss does not notice, but scores are due, as "
            "they leave the readout.",
        ),
        Misconception(
            line="return self.readout(states), state",
            becomes="return self.readout(states.detach()), state",
            says="Behind the recurrence the gradient is cut off: only the readout can learn. Nothing else hears of the "
            "loss, neither the words nor the picture.",
        ),
        Misconception(
            line="        scores = self(features, captions)\n        costs",
            becomes="        scores = self(features.detach(), captions)\n        costs",
            says="The network learns, but no gradient gets back into the features. Whoever made them could not be trained "
            "together with it.",
        ),
        Misconception(
            line="state, tokens = self.begin(features), []",
            becomes="state, tokens = self.begin(torch.zeros_like(features)), []",
            says="Training sees the picture, and sampling begins without it: by the way of the state all pictures get one "
            "caption.",
        ),
        Misconception(
            line="scores, state = self.read(features, token[:, None], state)",
            becomes="scores, _ = self.read(features, token[:, None], state)",
            says="In sampling each step begins again from the first state. The network knows its last word and none before "
            "it, and will soon go round in circles.",
        ),
        Misconception(
            line="torch.full((len(features),), START)",
            becomes="torch.full((len(features),), PAD)",
            says="The first input of a caption is the padding. In training every caption began with another token, and this "
            "one was never read before a word.",
        ),
        Misconception(
            line="state, tokens = self.begin(features), []\n        for _ in range(max_length):",
            becomes="state, tokens = self.begin(features), [token]\n        for _ in range(max_length - 1):",
            says="The sampled captions begin with START, and lose their last token for it. The network did not write that "
            "one, so it is not part of the answer.",
        ),
        Misconception(
            line="token = torch.where(ended, PAD, scores[:, 0].argmax(dim=1))",
            becomes="token = scores[:, 0].argmax(dim=1)",
            says="Captions go on behind their end. The network was never taught what comes there, and says something all "
            "the same.",
        ),
        Misconception(
            line="            tokens.append(token)\n",
            becomes="            tokens.append(torch.where(ended, PAD, token))\n",
            says="The END itself was replaced by padding. It is part of what the network wrote; only what follows it is "
            "not.",
        ),
        Misconception(
            line="            tokens.append(token)\n",
            becomes="            tokens.append(token)\n"
            "            if ended.any():\n"
            "                tokens += [torch.zeros_like(token)] * (max_length - len(tokens))\n"
            "                break\n",
            says="When the first caption of a batch has ended, all others are cut off with it. Each row ends by itself.",
        ),
        Misconception(
            line="            tokens.append(token)\n",
            becomes="            tokens.append(token)\n            if ended.all():\n                break\n",
            says="Where every caption has ended, the answer has fewer columns than were asked for. Its shape is not to "
            "depend on what was written.",
        ),
        Misconception(
            line="scores[:, 0].argmax(dim=1)",
            becomes="scores[:1, 0].argmax(dim=1).expand(len(token))",
            says="All rows write what is likeliest in the first one. Each picture of a batch has a caption of its own.",
        ),
        Misconception(
            line="recurrent = nn.LSTM if cell ==",
            becomes="recurrent = nn.LSTM if cell !=",
            says="The two cells were taken for each other: who asks for a plain network gets an LSTM, with four times the "
            "weights.",
        ),
        Misconception(
            line="self.rnn = recurrent(D + F if",
            becomes='options = {} if cell == "lstm" else {"nonlinearity": "relu"}\n'
            '        recurrent = {"lstm": nn.LSTM, "rnn": lambda *a, **k: nn.RNN(*a, **k, **options)}[cell]\n'
            "        self.rnn = recurrent(D + F if",
            says="The plain network has ReLUs. The recurrence that is asked for is the one of tanh, which is also what "
            "PyTorch makes if it is told nothing.",
        ),
        Misconception(
            line='if cell not in ("rnn", "lstm"):',
            becomes="if not cell:",
            says="A cell that nobody knows was taken for one of the two, without a word. Whoever asks for another one would "
            "train for hours and never know what.",
        ),
        Misconception(
            line='if way_in not in ("state", "input"):',
            becomes="if not way_in:",
            says="A way in that nobody knows was accepted. The picture then gets in by no way at all, or by one that was not "
            "asked for.",
        ),
        Misconception(
            line="if captions.shape[1] < 2:",
            becomes="if captions.shape[1] < 1:",
            says="Captions of a single token were accepted. There is nothing in them to predict, and a loss of nothing looks "
            "like a perfect one.",
        ),
        Misconception(
            line="if max_length < 1:",
            becomes="if max_length < 0:",
            says="A caption of no tokens at all was asked for, and that was taken for a wish. What is the shortest one that "
            "makes sense?",
        ),
    ],
    "bleu": [
        Misconception(
            line="(counts & most).total()",
            becomes="sum(count for piece, count in counts.items() if piece in most)",
            says="Nothing was clipped: each occurrence counts as long as the piece stands in some reference once. The same "
            "word, seven times, would then be a perfect caption.",
        ),
        Misconception(
            line="most |= ngrams(caption, n)",
            becomes="most += ngrams(caption, n)",
            says="The counts of the references were added up. A word that stands once in each of three would be allowed "
            "three times. The reference that has it most often decides.",
        ),
        Misconception(
            line="most |= ngrams(caption, n)",
            becomes="most = ngrams(caption, n)",
            says="Only the last of the references counts. Each of them is right, and a candidate may take from all.",
        ),
        Misconception(
            line="(counts & most).total()",
            becomes="len(counts & most)",
            says="Different pieces were counted, each of them once. One that stands twice in the candidate, and twice in a "
            "reference, counts twice.",
        ),
        Misconception(
            line="min((abs(len(caption) - len(candidate)), len(caption)) for caption in right)[1]",
            becomes="min(len(caption) for caption in right)",
            says="The length to compare with was that of the shortest reference. Due is the one that is closest to the "
            "candidate's own.",
        ),
        Misconception(
            line="min((abs(len(caption) - len(candidate)), len(caption)) for caption in right)[1]",
            becomes="np.mean([len(caption) for caption in right])",
            says="The length to compare with was the mean of the references' lengths. Due is the length of one of them, the "
            "closest to the candidate's own.",
        ),
        Misconception(
            line="min((abs(len(caption) - len(candidate)), len(caption)) for caption in right)[1]",
            becomes="-min((abs(len(caption) - len(candidate)), -len(caption)) for caption in right)[1]",
            says="Of two references that are equally close in length the longer one was taken. The contract says which, "
            "so that all count alike.",
        ),
        Misconception(
            line="min((abs(len(caption) - len(candidate)), len(caption)) for caption in right)[1]",
            becomes="min((abs(len(caption) - len(candidate)), k, len(caption)) for k, caption in enumerate(right))[2]",
            says="Of two references that are equally close in length the one that stands first was taken. The score is not "
            "to depend on their order.",
        ),
        Misconception(
            line="min(1.0, np.exp(1 - r / c))",
            becomes="1.0",
            says="The brevity penalty is missing. Precision asks only whether what is said is right, so the best caption "
            "would be a single word that is certain.",
        ),
        Misconception(
            line="min(1.0, np.exp(1 - r / c))",
            becomes="np.exp(1 - r / c)",
            says="Long candidates are rewarded: the factor is above one where there are more tokens than in the references. "
            "It is a penalty, and never a prize.",
        ),
        Misconception(
            line="min(1.0, np.exp(1 - r / c))",
            becomes="min(1.0, np.exp(1 - c / r))",
            says="The brevity penalty is the wrong way round: the long candidates pay and the short ones do not.",
        ),
        Misconception(
            line="min(1.0, np.exp(1 - r / c))",
            becomes="min(1.0, c / r)",
            says="The brevity penalty is a plain ratio of lengths. In the paper it falls faster than that: the ratio stands "
            "in an exponent.",
        ),
        Misconception(
            line="np.exp(np.log(found / counted).mean())",
            becomes="(found / counted).mean()",
            says="The precisions were averaged as they are. The mean is a geometric one: it falls to nothing with any of "
            "them, and the longer pieces weigh more.",
        ),
        Misconception(
            line="np.exp(np.log(found / counted).mean())",
            becomes="np.prod(found / counted)",
            says="The precisions were multiplied, and the root is missing. The longer the pieces that are counted, the "
            "smaller the score would be, whatever its quality.",
        ),
        Misconception(
            line="np.exp(np.log(found / counted).mean())",
            becomes="found[-1] / counted[-1]",
            says="Only the longest pieces were looked at. The score is a mean over all lengths from one on.",
        ),
        Misconception(
            line="np.exp(np.log(found / counted).mean())",
            becomes="np.exp(np.log(found.sum() / counted.sum()))",
            says="The pieces of all lengths were thrown together and divided once. Each length has a precision of its own, "
            "and the mean is taken of those.",
        ),
        Misconception(
            line="    if found.min() == 0:\n        return 0.0\n",
            becomes="    if found.max() == 0:\n        return 0.0\n"
            "    counted, found = counted[found > 0], found[found > 0]\n",
            says="Lengths without any match were left out of the mean. A candidate with the right words in no order "
            "would score as if it were fluent.",
        ),
        Misconception(
            line="    if found.min() == 0:\n        return 0.0\n",
            becomes="    found, counted = found + 1, counted + 1\n    c = max(c, 1)\n",
            says="The counts were smoothed by adding one. There are scores that do, and they are other scores: the "
            "contract asks for none of it.",
        ),
        Misconception(
            line="range(len(tokens) - n + 1))",
            becomes="range(len(tokens) - n))",
            says="The last piece of every sentence is missing: the pieces end one token too soon. How many pairs are there "
            "in three words?",
        ),
        Misconception(
            line="range(len(tokens) - n + 1))",
            becomes="range(len(tokens)))",
            says="At the end of a sentence shorter pieces were counted along with the others. A piece of n tokens has n of "
            "them.",
        ),
        Misconception(
            line="    found, counted = np.zeros(max_n), np.zeros(max_n)\n    c = r = 0\n",
            becomes="    if len(candidates) > 1:\n"
            "        pairs = zip(candidates, references, strict=True)\n"
            "        return float(np.mean([bleu([one], [right], max_n) for one, right in pairs]))\n"
            "    found, counted = np.zeros(max_n), np.zeros(max_n)\n    c = r = 0\n",
            says="This is the mean of the scores of single sentences. The counts of the whole corpus are added up first, "
            "and divided once.",
        ),
        Misconception(
            line="c += len(candidate)",
            becomes="c += len(set(candidate))",
            says="For the length of a candidate each of its words was counted once. How long it is has nothing to do with "
            "what it repeats.",
        ),
        Misconception(
            line="        c += len(candidate)\n",
            becomes="        if not candidate:\n            continue\n        c += len(candidate)\n",
            says="Empty candidates were passed over, and what they should have said is missing from the length of the "
            "references. To say nothing would cost nothing.",
        ),
        Misconception(
            line="max_n: int = 4",
            becomes="max_n: int = 3",
            says="Who does not say up to which length to count gets another one than the paper's. The default is part of the "
            "signature.",
        ),
        Misconception(
            line="if len(references) != len(candidates) or not all(references):",
            becomes="if len(references) < len(candidates) or not all(references):\n"
            '        raise ValueError("references are too few")\n'
            "    references = references[: len(candidates)]\n"
            "    if not references:",
            says="References that belong to no candidate were left out in silence. Where the numbers differ, who belongs to "
            "whom is a guess.",
        ),
    ],
}
