from rnn_autograder.diagnosis import Misconception
MISCONCEPTIONS: dict[str, list[Misconception]] = {}
