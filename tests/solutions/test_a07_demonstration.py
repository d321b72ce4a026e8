"""What the text beside the demonstration of assignment 7 claims, holds with a margin and for more than one seed.

Measured with four seeds: dates right .998 to 1 by looking, .02 to .06 by one mean; weight on the year .97 to 1, on
the month .84 to .92, on the day .85 to .88. Of a hundred learners without a baseline 57 to 68 end at a wrong place.
With five seeds colours and shapes are right in every question, and relations in .48 to .52.
"""

import numpy as np
import pytest
import torch

ASSIGNMENT = "a07_attention"
pytestmark = pytest.mark.xdist_group("the demonstration of assignment 7")
COLOUR, SHAPE, RELATION = range(3)


def test_it_takes_less_than_forty_seconds(ran):
    assert ran["seconds"] < 40


# Dates -----------------------------------------------------------------------------------------------------------


def test_who_looks_reads_dates_and_who_gets_one_mean_does_not(ran):
    assert ran["right"](ran["writers"]["additive_attention"]) > 0.95
    assert ran["right"](ran["writers"]["look_everywhere"]) < 0.1


def test_it_looks_at_what_it_writes(ran):
    (year, even_year), (month, even_month), (day, even_day) = ran["weight_on"].values()
    assert year > 0.93 and min(month, day) > 0.7
    assert max(even_year, even_month, even_day) < 0.35


def test_one_mean_is_the_same_at_every_step(ran):
    x, mask, _ = ran["tensors"](ran["new_dates"])
    with torch.no_grad():
        _, weights = ran["write"](ran["writers"]["look_everywhere"], x, mask)
    assert torch.equal(weights, weights[:, :1].expand_as(weights))
    assert ((weights[:, 0] > 0) == mask).all()


def test_no_new_date_was_learned_from(ran):
    drawn = ran["data"].dates(np.random.default_rng(0), 5000, "train", ran["LANGUAGES"])
    assert not set(drawn.targets) & set(ran["new_dates"].targets)


# A bet -----------------------------------------------------------------------------------------------------------


def test_every_baseline_gives_the_right_mean(ran):
    for baseline in (-1.0, 0.0, ran["usual"], 9.0):
        found, _ = ran["mean_and_variance"](baseline)
        torch.testing.assert_close(found, ran["exact"], rtol=0, atol=1e-5)


def test_the_usual_cost_scatters_two_hundred_times_less_than_none(ran):
    variance = {b: ran["mean_and_variance"](b)[1] for b in (0.0, ran["usual"], 9.0)}
    assert variance[0.0] / variance[ran["usual"]] == pytest.approx(200, rel=0.05)
    assert variance[9.0] > 50 * variance[ran["usual"]]
    baselines = np.linspace(-1, 12, 1301).tolist()
    best = min(baselines, key=lambda b: ran["mean_and_variance"](b)[1])
    assert best == pytest.approx(ran["usual"], abs=0.2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_a_baseline_most_end_at_a_wrong_place(ran, seed):
    without, with_one = (ran["learn"](baselined, seed)[-1] for baselined in (False, True))
    assert 0.45 < (without > 5.5).mean() < 0.75
    assert (with_one < 5).all()


# A window --------------------------------------------------------------------------------------------------------


def test_soft_eyes_arrive_and_sharp_ones_stay_where_they_are(ran):
    off = {sigma: (way - ran["middle"]).norm(dim=1) for sigma, way in ran["ways"].items()}
    assert off[2.0][0] == off[0.3][0] == 8
    assert off[2.0][-1] < 0.6
    assert off[0.3][-1] > 6


def test_a_gain_of_a_quarter_makes_up_for_twice_the_stride(ran):
    assert ran["painted"].max() == pytest.approx(ran["patch"].max().item(), rel=0.1)


def test_a_glimpse_at_a_corner_is_three_quarters_nothing(ran):
    assert (ran["glimpse"] > 0).double().mean() == pytest.approx(1 / 4, abs=0.03)


# Questions -------------------------------------------------------------------------------------------------------


def test_the_answers_hang_on_the_map(ran):
    """Of each network, shown or not."""
    as_it_is, alike, erased, alone = ran["after"].swapaxes(0, 1)[:, :, [COLOUR, SHAPE]]
    assert min(as_it_is.min(), alone.min()) > 0.95
    assert alike.max() < 0.8
    assert erased.max() < 0.4
    assert ran["on_asked"][:, [COLOUR, SHAPE]].min() > 0.9


def test_where_is_a_coin_toss_wherever_they_look(ran):
    assert np.abs(ran["after"][:, :, RELATION] - 0.5).max() < 0.1
    assert ran["on_asked"][3, RELATION] > 0.95


def test_the_new_scenes_are_others(ran):
    seen, new = (part.A.flatten(1).unique(dim=0) for part in (ran["seen"], ran["new"]))
    shared = {tuple(row) for row in seen.tolist()} & {tuple(row) for row in new.tolist()}
    assert len(shared) < len(new) / 4
