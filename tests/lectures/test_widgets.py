"""What moves in a lecture answers at once, goes back to its start, and needs no network."""

import re
import time
from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure

import figures
import questions
import widgets
from questions import Question


@pytest.fixture
def line() -> widgets.Moving:
    def draw(length: int, dashed: bool) -> Figure:
        figure = Figure()
        figure.subplots().plot([0, length], "--" if dashed else "-")
        return figure

    return widgets.Moving(draw, length=widgets.slider("length", 1, 9, 5), dashed=widgets.switch("dashed"))


def test_moving_a_control_changes_the_figure(line):
    pictures = {line.picture.value}
    line.controls["length"].value = 6
    pictures.add(line.picture.value)
    line.controls["dashed"].value = True
    pictures.add(line.picture.value)
    assert len(pictures) == 3


def test_start_again_restores_the_first_figure(line):
    first = line.picture.value
    line.controls["length"].value = 9
    line.controls["dashed"].value = True
    line.reset()
    assert line.picture.value == first


def test_without_a_kernel_it_says_what_would_be_here(line):
    assert "moves when the notebook runs" in line._repr_mimebundle_()["text/plain"]


def test_a_drawing_leaves_no_figure_open(line):
    line.redraw()
    assert plt.get_fignums() == []


def ask_and_capture() -> list[dict[str, str]]:
    InteractiveShell.instance()
    with capture_output() as shown:
        widgets.ask(Question("Is `a < b`?", {"yes": "It comes first.", "no": "Look again at `a`."}))
    return [output.data for output in shown.outputs]


def test_a_question_fetches_nothing_and_says_what_it_is_without_a_kernel():
    page, script = ask_and_capture()
    assert "question" in page["text/plain"]
    # Its script would load MathJax from a network where it sees one half loaded: that branch is never reached.
    assert "typeof MathJax" not in script["application/javascript"]
    assert not re.search(r"src=|fetch\(|url\(", page["text/html"])


def test_a_question_escapes_what_is_code():
    script = ask_and_capture()[1]["application/javascript"]
    assert ">a &lt; b</code>" in script
    assert script.count('"correct": true') == 1


def test_the_same_question_gives_the_same_bytes_and_leaves_chance_alone():
    import random

    random.seed(1)
    expected = random.random()
    random.seed(1)
    assert ask_and_capture() == ask_and_capture()
    assert random.random() == expected


def test_progress_leaves_one_line_however_long_it_takes():
    InteractiveShell.instance()
    with capture_output() as shown:
        assert list(widgets.Progress(range(3), "reading", "page")) == [0, 1, 2]
    assert shown.stdout == shown.stderr == ""
    new, *later = shown.outputs
    assert not new.update
    assert all(output.update for output in later)
    assert "3/3" in later[-1].data["text/plain"]


def test_every_question_explains_each_of_its_answers():
    asked = {name: value for name, value in vars(questions).items() if isinstance(value, Question)}
    assert asked
    for name, question in asked.items():
        assert len(question.answers) >= 2, name
        assert all(answer and why.endswith(".") for answer, why in question.answers.items()), name


# ---- the figures of lecture 1, taken from its script, on a network that has learned nothing

LECTURE = Path(figures.__file__).with_name("01_rnn_basics.py")
NEEDED = ("new_weights", "read", "predict", "write", "expectations", "after_each_letter")
MOVES = {
    "expected": [{"cursor": 8}, {"cursor": 20}],
    "shape_figure": [{"shape": "one to many"}, {"shape": "many to many, equal"}],
    "hello_figure": [{"step": 1}, {"step": 4}],
    "memory_figure": [{"cursor": 8, "forget": False}, {"cursor": 8, "forget": True}],
    "temperature_figure": [{"temperature": 0.5}, {"temperature": 2.0}],
    "letters_figure": [{"word": "argentisk"}, {"word": "amerikanischer"}],
}


@pytest.fixture(scope="module")
def lecture() -> dict:
    """The functions of the lecture, and small stand-ins for what it trains."""
    from rnn_datasets import Vocabulary

    space: dict = {"np": np, "figures": figures, "Figure": Figure}
    source = LECTURE.read_text(encoding="utf-8")
    for name in (*NEEDED, *MOVES):
        found = re.search(rf"^def {name}\(.*?(?=^\S)", source, re.MULTILINE | re.DOTALL)
        exec(found[0], space)
    rng = np.random.default_rng(0)
    characters = "".join(map(chr, range(32, 127))) + "\n"
    space |= {
        "vocab": Vocabulary.of(characters),
        "V": 96,
        "ALPHABET": "helo",
        "PROMPT": "    def __init__(self",
    }
    space["LINE"] = "    def __init__(self, file, name, delete=True):\n"
    space["bigram"] = space["forgetful"] = rng.dirichlet(np.ones(96), 96)
    space["levels"] = {"uniform": 6.6, "unigram": 4.5, "bigram": 3.6}
    space["hello"], space["python"] = (
        space["new_weights"](rng, 4, 3, 4),
        space["new_weights"](rng, 96, 128, 96),
    )
    space["last"] = rng.normal(size=128)
    space["letters"] = Vocabulary.of("abcdefghijklmnopqrstuvwxyz")
    space["teller"] = space["new_weights"](rng, 26, 128, 20)
    space["words"] = type("Words", (), {"languages": tuple(f"language {m}" for m in range(20))})
    space["shapes"] = {
        "one to many": ([figures.draw_scene] + 4 * [None], list("abcde")),
        "many to many, equal": ([*"if n > 9: #"], 11 * ["operator"]),
    }
    return space


@pytest.mark.parametrize("name", MOVES)
def test_each_move_of_the_lecture_takes_less_than_a_fifth_of_a_second(lecture, name):
    with plt.style.context(LECTURE.with_name("course.mplstyle")):
        one, other = MOVES[name]
        figure = widgets.Moving(
            lambda move: lecture[name](**(one if move == 0 else other)), move=widgets.slider("move", 0, 1, 0)
        )
        first, times = figure.picture.value, []
        for move in 4 * (1, 0):
            start = time.process_time()
            figure.controls["move"].value = move
            times.append(time.process_time() - start)
            assert (figure.picture.value == first) == (move == 0)
    assert median(times) < 3 * 0.2  # three times what is promised, for a machine that is busy
