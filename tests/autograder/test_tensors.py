"""How functions and modules of PyTorch are judged: by values and by gradients, with weights that the check sets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnn_autograder.criteria import (
    AsTensor,
    Below,
    Reals,
    contract,
    gradients,
    inputs,
    results,
    special,
    values,
)
from rnn_autograder.exercise import Exercise, Observation, Player, Result, StudentError
from rnn_autograder.judge import Expected, act, judge
from rnn_autograder.limits import Limits
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.student import LocalPlayer, WorkerPlayer
from rnn_autograder.wire import Tensor, Weight, decode, encode

SIZES = {"N": 3, "T": 4, "V": 6, "D": 5}
cost = Exercise(
    "cost",
    points=10,
    draw=inputs(x=AsTensor(Below("V", "N T")), W=AsTensor(Reals("V D")), w=AsTensor(Reals("D"))),
    returns=("loss",),
    criteria=(values(**SIZES), gradients(["W", "w"], **SIZES), *contract(**SIZES)),
)


def right(x: torch.Tensor, W: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return (torch.tanh(W[x]) @ w).pow(2).mean() + torch.zeros(())


def judged(exercise: Exercise, reference: Callable[..., Any], player: Player) -> Result:
    other = LocalPlayer({exercise.name: reference})
    traces = {c.name: act(exercise, c, other, seed=1) for c in exercise.criteria}
    return judge(exercise, player, Expected(1, traces, lambda: []), "", public=False)


def failed(result: Result) -> dict[str, str]:
    return {verdict.name: verdict.message for verdict in result.criteria if not verdict.passed}


def test_a_right_answer_has_every_point_whatever_its_form():
    def by_loops(x, W, w):
        rows = [W[int(token)].tanh().dot(w) ** 2 for token in x.flatten()]
        return torch.stack(rows).sum() / x.numel()

    assert failed(judged(cost, right, LocalPlayer({"cost": right}))) == {}
    assert failed(judged(cost, right, LocalPlayer({"cost": by_loops}))) == {}


def test_right_values_with_a_wrong_gradient_are_found():
    def through_detached(x, W, w):
        return (torch.tanh(W[x].detach()) @ w).pow(2).mean()

    found = failed(judged(cost, right, LocalPlayer({"cost": through_detached})))
    assert list(found) == ["gradients"]
    assert found["gradients"].startswith("No gradient arrives at W.")


@pytest.mark.parametrize("leave", [lambda loss: loss.item(), lambda loss: loss.detach().numpy()])
def test_a_number_that_has_left_pytorch_has_no_gradient(leave: Callable[[torch.Tensor], Any]):
    result = judged(cost, right, LocalPlayer({"cost": lambda x, W, w: leave(right(x, W, w))}))
    assert list(failed(result)) == ["gradients"]


def test_single_precision_is_seen():
    def halved(x, W, w):
        return (torch.tanh(W.float()[x]) @ w.float()).pow(2).mean()

    assert "float32" in failed(judged(cost, right, LocalPlayer({"cost": halved})))["values"]


def test_a_change_of_an_argument_in_place_is_seen():
    def shifts(x, W, w):
        loss = right(x, W, w)
        with torch.no_grad():
            w += 1
        return loss

    found = failed(judged(cost, right, LocalPlayer({"cost": shifts})))
    assert list(found) == ["gradients", "unchanged"]
    assert found["gradients"] == "RuntimeError."


states = Exercise(
    "states",
    points=4,
    draw=inputs(x=AsTensor(Reals("N D")), w=AsTensor(Reals("D"))),
    returns=("h", "cache"),
    criteria=(values(**SIZES), gradients(["x", "w"], "N D", **SIZES)),
)


def test_what_is_not_one_number_has_gradients_for_a_given_upstream():
    def twice(x, w):
        return torch.tanh(2 * x * w), None

    def detached(x, w):
        return torch.tanh(2 * x * w.detach()), None

    assert failed(judged(states, twice, LocalPlayer({"states": twice}))) == {}
    assert list(failed(judged(states, twice, LocalPlayer({"states": detached})))) == ["gradients"]
    assert list(failed(judged(states, twice, LocalPlayer({"states": lambda x, w: (x[0], None)})))) == [
        "values",
        "gradients",
    ]


# Modules ---------------------------------------------------------------------------------------------------------


@special("values", "the numbers are right with given weights", weight=4)
def with_weights(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Made, given weights, called; then the gradients of its loss."""
    drawn = exercise.draw(rng, D=3, H=2)
    module = player.call(exercise.name, {"D": 3, "H": 2}, keep=True)
    player.load(module, drawn["weights"])
    x = Tensor(drawn["x"])
    yield from results(exercise, player.call("forward", {"x": x}, of=module))
    loss = player.call("loss", {"x": x}, of=module, keep=True)
    names = sorted(drawn["weights"])
    found = player.gradients(loss, [Weight(module, name) for name in names])
    for name, gradient in zip(names, found, strict=True):
        yield Observation(f"the gradient of {name}", gradient)


def draw_module(rng: np.random.Generator, *, D: int, H: int) -> dict[str, Any]:
    weights = {"read.weight": rng.standard_normal((H, D)), "read.bias": rng.standard_normal(H)}
    return {"weights": weights, "x": rng.standard_normal((4, D))}


Readout = Exercise("Readout", points=5, draw=draw_module, returns=("out",), criteria=(with_weights,))

MODULE = """
import torch
from torch import nn

class Readout(nn.Module):
    def __init__(self, D, H):
        super().__init__()
        self.scale = 2.0
        self.read = nn.Linear(D, H)

    def forward(self, x):
        return torch.tanh(self.scale * self.read(x))

    def loss(self, x):
        return self(x).pow(2).sum()
"""


def defined(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "notebook"}
    exec(source, namespace)
    return namespace


@contextlib.contextmanager
def sandboxed(source: str) -> Iterator[Player]:
    with launch(Limits()) as worker:
        player = WorkerPlayer(worker, Limits())
        list(player.run([(0, source)]))
        yield player


@contextlib.contextmanager
def here(source: str) -> Iterator[Player]:
    yield LocalPlayer(defined(source))


@pytest.fixture(params=[here, sandboxed])
def place(request: pytest.FixtureRequest) -> Callable[[str], AbstractContextManager[Player]]:
    if request.param is sandboxed:
        request.getfixturevalue("isolation")
    return request.param


def test_a_module_is_judged_with_weights_that_are_given_by_name(place):
    other_order = MODULE.replace("self.scale = 2.0", "self.scale = torch.rand(3).sum() * 0 + 2.0")
    reference = defined(MODULE)["Readout"]
    for source, due in (
        (MODULE, {}),
        (other_order, {}),
        (MODULE.replace("2.0", "3.0"), {"values": "out has the right shape and wrong numbers."}),
    ):
        with place(source) as player:
            assert failed(judged(Readout, reference, player)) == due


def test_a_function_of_tensors_is_judged_in_a_sandbox_as_here(place):
    source = "import torch\ndef cost(x, W, w):\n    return (torch.tanh(W[x]) @ w).pow(2).mean()"
    with place(source) as player:
        assert failed(judged(cost, right, player)) == {}


def test_other_parameters_than_the_contracts_are_told(place):
    with place(MODULE.replace("self.read", "self.readout")) as player:
        module = player.call("Readout", {"D": 3, "H": 2}, keep=True)
        with pytest.raises(StudentError) as caught:
            player.load(module, {"read.weight": np.zeros((2, 3)), "read.bias": np.zeros(2)})
        told = failed(judged(Readout, defined(MODULE)["Readout"], player))
    assert caught.value.raised.text == (
        "Its parameters are not those that the contract names: read.weight is missing; read.bias is missing; "
        "readout.weight is not asked for; readout.bias is not asked for"
    )
    # What a student calls things was chosen where hidden inputs may have been seen.
    assert told == {"values": "Its parameters are not those that the contract names."}


def test_a_module_may_keep_what_is_no_parameter():
    buffered = MODULE.replace("self.scale = 2.0", "self.register_buffer('scale', torch.tensor(2.0))")
    assert failed(judged(Readout, defined(MODULE)["Readout"], LocalPlayer(defined(buffered)))) == {}


def test_parameters_of_other_shapes_are_told():
    player = LocalPlayer(defined(MODULE.replace("nn.Linear(D, H)", "nn.Linear(D, 2 * H)")))
    module = player.call("Readout", {"D": 3, "H": 2}, keep=True)
    with pytest.raises(StudentError) as caught:
        player.load(module, {"read.weight": np.zeros((2, 3)), "read.bias": np.zeros(2)})
    assert "read.weight has shape (4, 3), (2, 3) is due" in caught.value.raised.text


def test_what_is_no_module_takes_no_weights():
    player = LocalPlayer({"make": lambda: {1, 2}})
    with pytest.raises(StudentError) as caught:
        player.load(player.call("make", {}, keep=True), {"w": np.zeros(2)})
    assert caught.value.raised.type_name == "TypeError"


def test_the_default_dtype_of_the_notebook_stays_as_it_was():
    assert torch.get_default_dtype() is torch.float32
    assert LocalPlayer({"f": lambda: torch.zeros(2)}).call("f", {}).dtype == np.float64
    assert torch.get_default_dtype() is torch.float32


# Travelling ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_place_for_a_tensor_comes_back_as_it_was(requires_grad: bool):
    back = decode(encode(Tensor(np.arange(6.0).reshape(2, 3), requires_grad)))
    assert type(back) is Tensor
    assert back.array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert back.requires_grad is requires_grad


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(3),
        torch.ones(2, 2).T,
        torch.tensor(True),
        nn.Parameter(torch.zeros(2)),
        torch.ones(2, requires_grad=True) * 2,
        torch.zeros(0, 3, dtype=torch.float64),
    ],
)
def test_a_tensor_travels_as_its_numbers(tensor: torch.Tensor):
    back = decode(encode(tensor))
    assert type(back) is np.ndarray
    np.testing.assert_array_equal(back, tensor.detach().numpy())


@pytest.mark.parametrize("odd", [torch.ones(2, dtype=torch.bfloat16), torch.eye(2).to_sparse()])
def test_a_tensor_without_numbers_of_numpys_stays_where_it_is(odd: torch.Tensor):
    assert LocalPlayer({"f": lambda: odd}).call("f", {}).type_name == "Tensor"
