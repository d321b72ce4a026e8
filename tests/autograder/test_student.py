"""A student's function is called with fresh copies, and whatever it does comes back as a value or an error."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from rnn_autograder.exercise import StudentError
from rnn_autograder.student import LocalPlayer
from rnn_autograder.wire import Handle, Part, Seeded


def called(function, **arguments):
    return LocalPlayer({"f": function}).call("f", arguments)


def test_arguments_are_copies_and_handles_are_not():
    def f(x):
        x += 1
        return x

    player = LocalPlayer({"f": f})
    x = np.zeros(2)
    assert player.call("f", {"x": x}).tolist() == [1, 1]
    assert x.tolist() == [0, 0]
    held = player.hold(x)
    player.call("f", {"x": held})
    assert player.call("f", {"x": held}).tolist() == [2, 2]
    assert player.fetch(held).tolist() == [2, 2]
    assert x.tolist() == [0, 0]


def test_fill_reaches_every_array_of_what_is_held():
    player = LocalPlayer({"f": lambda p: p["a"].sum() + p["b"][0].sum()})
    held = player.hold({"a": np.ones(2), "b": [np.ones(3)]})
    assert player.call("f", {"p": held}) == 5
    player.fill(held, 0)
    assert player.call("f", {"p": held}) == 0


def test_what_cannot_travel_can_be_passed_back():
    player = LocalPlayer({"make": lambda: {1, 2}, "use": len})
    handle = player.call("make", {})
    assert handle == Handle(0, "set")
    player.namespace = {"use": lambda s: len(s)}
    assert player.call("use", {"s": handle}) == 2


def test_a_part_of_what_stayed_there_can_be_passed_back():
    player = LocalPlayer(
        {"forward": lambda: (1.0, {"a": object()}), "is_dict": lambda cache: type(cache) is dict}
    )
    whole = player.call("forward", {}, keep=True)
    assert player.call("is_dict", {"cache": Part(whole, 1)}) is True


@pytest.mark.parametrize("returned", [None, 1.0, (1.0,), {1: 2}])
def test_a_forward_pass_without_a_cache_is_the_students_mistake(returned):
    player = LocalPlayer({"forward": lambda: returned, "backward": lambda cache: None})
    whole = player.call("forward", {}, keep=True)
    with pytest.raises(StudentError) as caught:
        player.call("backward", {"cache": Part(whole, 1)})
    assert "returns no cache" in caught.value.raised.text


def test_who_returns_one_thing_where_several_are_due_reads_of_no_cache():
    player = LocalPlayer({"attend": lambda: 1.0, "look": lambda context: None})
    whole = player.call("attend", {}, keep=True)
    with pytest.raises(StudentError) as caught:
        player.call("look", {"context": Part(whole, 0)})
    assert "several things" in caught.value.raised.text and "cache" not in caught.value.raised.text


def test_a_generator_is_made_from_its_seed_where_it_is_used():
    draw = called(lambda rng: rng.random(3), rng=Seeded(4))
    np.testing.assert_array_equal(draw, np.random.default_rng(4).random(3))


def test_who_renames_parameters_is_called_by_their_order():
    assert called(lambda a, b: a - b, x=5, y=3) == 2
    assert called(lambda y, x: x - y, x=5, y=3) == 2
    assert called(lambda *args, **kwargs: sorted(kwargs), x=5, y=3) == ["x", "y"]


def test_prints_and_warnings_are_dropped(capfd):
    def f():
        print("hello")
        print("hello", file=sys.stderr)
        warnings.warn("a warning is not a mistake", stacklevel=1)
        return np.log(np.zeros(1))[0]

    assert called(f) == -np.inf
    assert capfd.readouterr() == ("", "")


def test_an_error_comes_with_the_students_own_deepest_line():
    namespace: dict = {}
    source = "import numpy as np\ndef g(x):\n    return np.linalg.inv(x)\ndef f(x):\n    return g(x)\n"
    exec(compile(source, "<a cell>", "exec"), namespace)
    with pytest.raises(StudentError) as caught:
        LocalPlayer(namespace).call("f", {"x": np.zeros((2, 2))})
    assert caught.value.raised.type_name == "LinAlgError"
    assert caught.value.raised.line_number == 3


@pytest.mark.parametrize(
    "error", [SystemExit(0), GeneratorExit(), RecursionError(), MemoryError(), StopIteration()]
)
def test_every_exception_is_an_answer(error):
    def f():
        raise error

    with pytest.raises(StudentError) as caught:
        called(f)
    assert caught.value.raised.type_name == type(error).__name__


def test_only_the_person_at_the_keyboard_may_stop_a_check():
    def f():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called(f)


def test_an_exception_that_cannot_even_be_printed_is_an_answer():
    class Evil(Exception):
        def __str__(self):
            raise ValueError

    def f():
        raise Evil

    with pytest.raises(StudentError) as caught:
        called(f)
    assert caught.value.raised.text == ""
