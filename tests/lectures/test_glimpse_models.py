"""The network of lecture 7 that looks: what it is shown, what it may know, and what teaches it where to look."""

import json
from typing import Any

import numpy as np
import pytest
import torch

import checkpoints
import glimpse_models as models
import train_glimpses
from experiments import glimpses as recorded
from glimpse_models import Gazer, Looks, Pictures
from rnn_datasets import digits

DRAWN = models.pictures(np.random.default_rng(0), digits("train"), 300)


def drawn_gazer() -> Gazer:
    torch.manual_seed(0)
    return Gazer()


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_picture_holds_a_whole_digit_of_its_label_at_its_corner() -> None:
    whole = {(image.tobytes(), label) for image, label in zip(*digits(), strict=True)}
    for image, label, (row, column) in zip(*(part.numpy() for part in DRAWN), strict=True):
        assert (image[row : row + 8, column : column + 8].tobytes(), label) in whole


def test_the_window_of_the_digits_cell_holds_all_of_it() -> None:
    bare = models.pictures(np.random.default_rng(0), digits("train"), 300, pieces=0)
    ink = models.fovea(bare.images, bare.cells).sum((1, 2))
    assert torch.allclose(ink, bare.images.sum((1, 2)))


def test_digits_stand_anywhere_and_pieces_lie_about() -> None:
    bare = models.pictures(np.random.default_rng(0), digits("train"), 300, pieces=0)
    assert len(set(bare.cells.tolist())) > 70
    assert DRAWN.images.sum() > 2 * bare.images.sum()
    assert DRAWN.images.min() == 0
    assert DRAWN.images.max() == 1


def test_the_digits_to_be_judged_on_are_others() -> None:
    bare = models.pictures(np.random.default_rng(0), digits("valid"), 50, pieces=0)
    seen = {image[image > 0].tobytes() for image in digits("train").images}
    assert not any(image[image > 0].tobytes() in seen for image in bare.images.numpy())


def test_a_blurred_view_is_the_mean_of_each_cell() -> None:
    row, column = 7, 3
    cell = DRAWN.images[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
    assert models.blurred(DRAWN.images)[:, row, column].numpy() == pytest.approx(
        cell.mean(dim=(1, 2)).numpy()
    )


@pytest.mark.parametrize("cell", range(0, 100, 7))
def test_a_glimpse_is_a_cell_and_its_eight_neighbours_with_paper_beyond_the_border(cell: int) -> None:
    numbered = torch.arange(1.0, 1601).view(1, 40, 40)
    glimpse = models.fovea(numbered, torch.tensor([cell]))[0]
    for i in range(12):
        for j in range(12):
            row, column = 4 * (cell // 10) - 4 + i, 4 * (cell % 10) - 4 + j
            inside = 0 <= row < 40 and 0 <= column < 40
            assert glimpse[i, j] == (row * 40 + column + 1 if inside else 0)


def test_chances_of_a_gaze_sum_to_one() -> None:
    log_gaze = drawn_gazer().look(DRAWN, dice=dice()).log_gaze
    assert log_gaze.shape == (300, 4, 100)
    assert log_gaze.exp().sum(dim=2).detach().numpy() == pytest.approx(1, abs=1e-5)


def test_a_gaze_follows_the_picture_when_it_is_shifted() -> None:
    """The keys of a cell know its surroundings and not its place, away from the border."""
    view, network = torch.zeros(1, 1, 10, 10), drawn_gazer()
    view[0, 0, 3, 4] = 1.0
    been, h = torch.zeros(1, 100), torch.randn(1, models.H)
    before, after = (
        network.gaze(network.keys(v), been, h).view(10, 10) for v in (view, view.roll(2, dims=3))
    )
    shift = after[2:8, 4:8] - before[2:8, 2:6]  # the same but for what makes the chances sum to one
    assert torch.allclose(shift, shift[0, 0].expand_as(shift), atol=1e-5)


def test_what_is_outside_the_glimpses_changes_no_name() -> None:
    network = drawn_gazer()
    looks = network.look(DRAWN, "scan")
    masked = torch.zeros_like(DRAWN.images)
    for cell in models.SCAN:
        top, left = 4 * (cell // 10) - 4, 4 * (cell % 10) - 4
        masked[:, top : top + 12, left : left + 12] = DRAWN.images[:, top : top + 12, left : left + 12]
    assert torch.equal(network.look(DRAWN._replace(images=masked), "scan").log_p, looks.log_p)


def test_it_never_uses_where_the_digit_is_unless_told() -> None:
    network, elsewhere = (
        drawn_gazer(),
        DRAWN._replace(corners=DRAWN.corners.roll(1, dims=0), labels=DRAWN.labels.roll(1)),
    )
    for by in models.GAZES:
        same = torch.equal(network.look(DRAWN, by, dice()).cells, network.look(elsewhere, by, dice()).cells)
        assert same == (by not in ("told", "lesson"))


def test_random_looks_never_repeat_a_cell() -> None:
    cells = drawn_gazer().look(DRAWN, "random", dice()).cells
    assert all(len(set(row)) == models.LOOKS for row in cells.tolist())
    assert len(set(cells.flatten().tolist())) == 100


def test_the_brightest_windows_hold_most_ink_and_lie_apart() -> None:
    cells = models.brightest(DRAWN.images, 4)
    ink = torch.stack(
        [models.fovea(DRAWN.images, torch.full((300,), cell)).sum((1, 2)) for cell in range(100)], 1
    )
    assert torch.allclose(ink.gather(1, cells[:, :1])[:, 0], ink.max(1).values, atol=1e-4)
    for chosen in cells.tolist():
        pairs = [(a, b) for a in chosen for b in chosen if a < b]
        assert all(max(abs(a // 10 - b // 10), abs(a % 10 - b % 10)) > 1 for a, b in pairs)


def test_found_means_that_all_of_the_digit_was_in_one_window() -> None:
    corners = torch.tensor([[16, 16], [20, 16], [15, 16], [0, 32]])
    drawn = Pictures(torch.zeros(4, 40, 40), torch.zeros(4, dtype=torch.int64), corners)
    cells = torch.tensor([[0, 55], [0, 55], [0, 55], [9, 18]])  # the window of 55 goes from 16 to 27
    looks = Looks(cells, *(torch.zeros(0) for _ in range(3)))
    assert models.found(looks, drawn).tolist() == [[False, True], [False, True], [False, False], [True, True]]


class Blind(Gazer):
    """One glimpse, chosen by weights alone, whose name costs what its cell says: small enough to enumerate."""

    def gaze(self, keys: torch.Tensor, been: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(self.logits, dim=0).expand(len(keys), -1)


@pytest.mark.parametrize("offset", [0.0, 1.5])
def test_reinforce_is_the_gradient_of_the_expected_cost_whatever_the_baseline(
    monkeypatch: pytest.MonkeyPatch, offset: float
) -> None:
    """Every choice of a single glimpse is taken once and weighed with its chance: no sampling is left."""
    monkeypatch.setattr(Gazer.look, "__defaults__", ("learned", None, 1))
    torch.manual_seed(0)
    network = Blind().double()
    network.logits = torch.nn.Parameter(torch.randn(models.CELLS, dtype=torch.float64))
    network.requires_grad_(False)
    network.logits.requires_grad_()
    network.baseline.bias.fill_(offset)
    one = Pictures(DRAWN.images[:1].double(), DRAWN.labels[:1], DRAWN.corners[:1])
    p = torch.softmax(network.logits, dim=0)
    costs, gradients = [], []
    for cell in range(models.CELLS):
        monkeypatch.setattr(torch, "multinomial", lambda p, n, generator, cell=cell: torch.tensor([[cell]]))
        (gradient,) = torch.autograd.grad(network.cost(one, "learned", dice(), bonus=0), network.logits)
        gradients.append(gradient)
        with torch.no_grad():
            costs.append(-network.look(one, dice=dice()).log_p[0, 0, one.labels[0]])
    (due,) = torch.autograd.grad((p * torch.stack(costs)).sum(), network.logits)
    ours = (p.detach()[:, None] * torch.stack(gradients)).sum(0)
    assert ours.numpy() == pytest.approx(due.numpy(), abs=1e-12)


def test_a_lesson_and_what_follows_can_be_repeated() -> None:
    def trained() -> list[torch.Tensor]:
        taught = train_glimpses.lesson(3, steps=4)
        before = [weight.clone() for weight in taught.parameters()]
        network = train_glimpses.gazer(taught, "learned", 3, steps=4)
        assert all(map(torch.equal, taught.parameters(), before))  # a copy went on
        assert not any(map(torch.equal, network.query.parameters(), taught.query.parameters()))
        return list(network.parameters())

    assert all(map(torch.equal, trained(), trained()))


# What was trained and recorded ------------------------------------------------------------------------------------


def test_the_shipped_network_sees_what_its_log_says() -> None:
    asked = recorded.valid_pictures()
    right = models.right(models.shipped().look(asked), asked).float().mean(dim=0)
    assert right.numpy() == pytest.approx(
        np.array(checkpoints.load("glimpses").log["valid_right_after_each_glimpse"]), abs=0.005
    )


@pytest.fixture(scope="module")
def record() -> list[dict[str, Any]]:
    return json.loads(recorded.RECORD.read_text(encoding="utf-8"))


def test_every_way_to_look_is_recorded_with_every_seed(record: list[dict[str, Any]]) -> None:
    assert [(e["seed"], e["by"]) for e in record] == [
        (s, by) for s in range(recorded.SEEDS) for by in models.GAZES[:-1]
    ]


def test_rules_find_what_they_find_whatever_was_learned(record: list[dict[str, Any]]) -> None:
    asked, network = recorded.valid_pictures(), drawn_gazer()
    for entry in record:
        assert len(entry["right"]) == len(entry["found"]) == models.LOOKS
        if entry["by"] != "learned":
            assert entry["found"] == recorded.judged(network, entry["by"], asked)["found"]


def test_the_shipped_network_is_the_recorded_one(record: list[dict[str, Any]]) -> None:
    (entry,) = (e for e in record if (e["seed"], e["by"]) == (train_glimpses.SEED, "learned"))
    log = checkpoints.load("glimpses").log
    assert log["valid_right_after_each_glimpse"] == pytest.approx(entry["right"], abs=0.01)
