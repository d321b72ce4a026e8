"""The networks of lecture 8 are what they are called, and none sees what comes later."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import sequence_models as models
from sequence_models import (
    LSTM,
    Block,
    MinGRU,
    SelfAttention,
    linear_recurrence,
    scan,
    transformer,
    turn,
    waves,
)

V = 11
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "LSTM": lambda: LSTM(V, D=8, H=6),
    "places added": lambda: transformer(V, D=8, heads=2, hidden=12, layers=2, places="added"),
    "places turned": lambda: transformer(V, D=8, heads=2, hidden=12, layers=2, places="turned"),
    "no places": lambda: transformer(V, D=8, heads=2, hidden=12, layers=2, places="none"),
    "linear recurrence": lambda: linear_recurrence(V, D=8, H=10, hidden=12, layers=2),
}


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def step_by_step(a: Tensor, b: Tensor) -> Tensor:
    h, states = torch.zeros_like(b[:, 0]), []
    for a_t, b_t in zip(a.unbind(1), b.unbind(1), strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states, 1)


@pytest.mark.parametrize("T", [*range(1, 18), 100])
def test_a_scan_gives_the_states_and_gradients_of_a_loop(T: int) -> None:
    a, b, dh = normal(2, T, 3).requires_grad_(), normal(2, T, 3).requires_grad_(), normal(2, T, 3)
    ours, theirs = scan(a, b), step_by_step(a, b)
    assert torch.allclose(ours, theirs, rtol=1e-10)
    for mine, due in zip(
        torch.autograd.grad(ours, (a, b), dh, materialize_grads=True),
        torch.autograd.grad(theirs, (a, b), dh),
        strict=True,
    ):
        assert torch.allclose(mine, due, rtol=1e-9, atol=1e-12)


def test_a_scan_leaves_its_arguments_alone() -> None:
    a, b = normal(2, 7, 3), normal(2, 7, 3)
    before = a.clone(), b.clone()
    scan(a, b)
    assert torch.equal(a, before[0])
    assert torch.equal(b, before[1])


def test_attention_is_that_of_pytorch() -> None:
    ours, theirs = (
        SelfAttention(8, 2, turned=False).double(),
        nn.MultiheadAttention(8, 2, batch_first=True).double(),
    )
    theirs.load_state_dict(
        {
            "in_proj_weight": ours.asked.weight,
            "in_proj_bias": ours.asked.bias,
            "out_proj.weight": ours.mixed.weight,
            "out_proj.bias": ours.mixed.bias,
        }
    )
    x, later = normal(3, 5, 8), torch.ones(5, 5, dtype=torch.bool).triu(1)
    assert torch.allclose(ours(x), theirs(x, x, x, attn_mask=later)[0], atol=1e-12)


def test_a_block_is_that_of_pytorch() -> None:
    ours = Block(8, SelfAttention(8, 2, turned=False), 12).double()
    theirs = nn.TransformerEncoderLayer(8, 2, 12, 0, "gelu", batch_first=True, norm_first=True).double()
    attention = ours.see[1]
    theirs.load_state_dict(
        {
            "self_attn.in_proj_weight": attention.asked.weight,
            "self_attn.in_proj_bias": attention.asked.bias,
            **{f"self_attn.out_proj.{name}": array for name, array in attention.mixed.named_parameters()},
            **{f"norm1.{name}": array for name, array in ours.see[0].named_parameters()},
            **{f"norm2.{name}": array for name, array in ours.think[0].named_parameters()},
            **{f"linear1.{name}": array for name, array in ours.think[1].named_parameters()},
            **{f"linear2.{name}": array for name, array in ours.think[3].named_parameters()},
        }
    )
    x, later = normal(3, 5, 8), torch.ones(5, 5, dtype=torch.bool).triu(1)
    assert torch.allclose(ours(x), theirs(x, src_mask=later), atol=1e-12)


def test_a_min_gru_is_its_two_equations_step_by_step() -> None:
    layer, x = MinGRU(4, 6).double(), normal(2, 9, 4)
    z, h, out = layer.gate(x).sigmoid(), torch.zeros(2, 6, dtype=torch.float64), []
    for t in range(9):
        h = (1 - z[:, t]) * h + z[:, t] * layer.candidate(x[:, t])
        out.append(layer.mixed(h))
    assert torch.allclose(layer(x), torch.stack(out, 1), atol=1e-12)


def test_the_lstm_has_one_bias_and_forget_gates_that_are_open() -> None:
    network = LSTM(V, D=8, H=6)
    learned = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    assert "layer.bias_ih_l0" in learned
    assert "layer.bias_hh_l0" not in learned
    assert (network.layer.bias_ih_l0[6:12] == 1).all()
    assert (network.layer.bias_hh_l0 == 0).all()


def test_waves_are_sines_and_cosines_from_fast_to_slow() -> None:
    written = waves(50, 6)
    t = torch.arange(50.0)
    for column, angle in enumerate((t, t / 100, t / 10_000)):
        assert torch.allclose(written[:, column], angle.sin(), atol=1e-5)
        assert torch.allclose(written[:, 3 + column], angle.cos(), atol=1e-5)


def test_turned_numbers_are_as_long_as_before_and_meet_by_distance_alone() -> None:
    query, key = normal(8), normal(8)
    queries, keys = turn(query.expand(40, 8)), turn(key.expand(40, 8))
    assert torch.allclose(queries.norm(dim=1), query.norm().expand(40), atol=1e-6)
    assert torch.equal(queries[0], query)
    products = queries @ keys.T
    for distance in (0, 1, 7, 30):
        same = products.diagonal(-distance)
        assert torch.allclose(same, same[0].expand_as(same), atol=1e-5)
    assert products[7, 0] != pytest.approx(products[1, 0].item(), abs=0.01)


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_of_the_past_do_not_change_with_what_comes_later(name: str) -> None:
    network, tokens = NETWORKS[name]().double(), torch.randint(V, (3, 9))
    other = tokens.clone()
    other[:, 5:] = (other[:, 5:] + 1) % V
    one, two = network(tokens), network(other)
    assert one.shape == (3, 9, V)
    assert torch.allclose(one[:, :5], two[:, :5], atol=1e-12)
    assert not torch.allclose(one[:, 5:], two[:, 5:], atol=1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_weight_learns_and_the_last_score_depends_on_the_first_token(name: str) -> None:
    network, tokens = NETWORKS[name]().double(), torch.randint(V, (3, 9))
    scores = network(tokens)
    scores.square().mean().backward()
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    assert all(parameter.grad.abs().max() > 0 for parameter in learned)
    assert models.weights(network) == sum(parameter.numel() for parameter in learned)
    other = tokens.clone()
    other[:, 0] = (other[:, 0] + 1) % V
    assert (network(other)[:, -1] != scores[:, -1]).all()


@pytest.mark.parametrize(("layers", "order_is_known"), [(1, False), (2, True)])
def test_without_places_one_layer_does_not_know_the_order_of_the_past_and_two_do(
    layers: int, order_is_known: bool
) -> None:
    """The mask leaks order once layers are stacked (Haviv et al., 2022)."""
    network = transformer(V, D=8, heads=2, hidden=12, layers=layers, places="none").double()
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6]])
    shuffled = torch.tensor([[3, 5, 1, 4, 2, 6]])
    gap = (network(tokens)[:, -1] - network(shuffled)[:, -1]).abs().max()
    assert (gap > 1e-4) == order_is_known
    assert order_is_known or gap < 1e-12
