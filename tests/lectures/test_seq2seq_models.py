"""The encoder-decoder of lecture 5 reads each source to its end, writes from its own tokens, and is as its log says."""

import json
import re

import numpy as np
import pytest
import torch
from torch import Tensor

import checkpoints
import seq2seq_models as models
import train_dates
from experiments import dates as recorded
from rnn_datasets import Vocabulary, date_vocabularies, dates
from seq2seq_models import EncoderDecoder


@pytest.fixture
def network() -> EncoderDecoder:
    torch.manual_seed(0)
    return EncoderDecoder(V_in=9, V_out=7, H=6).double()


X = torch.tensor([[4, 8, 5, 0], [3, 3, 7, 4], [6, 0, 0, 0]])
LENGTHS = torch.tensor([3, 4, 1])
Y = torch.tensor([[3, 4, 2, 0, 0], [6, 5, 4, 3, 2], [2, 0, 0, 0, 0]])


def by_hand(network: EncoderDecoder, source: Tensor, answer: list[int]) -> list[Tensor]:
    """Independent of ours: cells of PyTorch, one sequence, one step at a time; log-probabilities of each next token."""

    def cell_of(layer: torch.nn.GRU) -> torch.nn.GRUCell:
        cell = torch.nn.GRUCell(layer.input_size, layer.hidden_size).double()
        cell.load_state_dict({name.removesuffix("_l0"): array for name, array in layer.state_dict().items()})
        return cell

    encoder, decoder = cell_of(network.encoder), cell_of(network.decoder)
    h, found = torch.zeros(1, 6, dtype=torch.float64), []
    for token in source:
        h = encoder(network.characters_in.weight[token][None], h)
    for token in [1, *answer[:-1]]:
        h = decoder(network.characters_out.weight[token][None], h)
        found.append(torch.log_softmax(network.scores(h)[0], dim=0))
    return found


def test_the_cost_is_that_of_each_answer_by_itself(network: EncoderDecoder) -> None:
    costs = []
    for source, length, answer in zip(X, LENGTHS, Y.tolist(), strict=True):
        answer = answer[: answer.index(2) + 1]
        log_p = by_hand(network, source[:length], answer)
        costs.append(-sum(row[token].item() for row, token in zip(log_p, answer, strict=True)))
    assert network.cost(X, LENGTHS, Y).item() == pytest.approx(np.mean(costs), abs=1e-12)


def test_what_is_written_follows_from_what_was_written(network: EncoderDecoder) -> None:
    tokens, log_p = network.write(X, LENGTHS, S=5)
    for n, length in enumerate(LENGTHS):
        expected = torch.stack(by_hand(network, X[n, :length], tokens[n].tolist()))
        assert torch.allclose(log_p[n], expected, atol=1e-12)
        assert tokens[n].tolist() == expected.argmax(dim=1).tolist()


def test_a_forced_token_changes_what_comes_after_it_only(network: EncoderDecoder) -> None:
    free, before = network.write(X, LENGTHS, S=5)
    other = (int(free[0, 2]) + 1) % 7
    forced, after = network.write(X, LENGTHS, S=5, forced={2: other})
    assert (forced[:, :2] == free[:, :2]).all()
    assert (forced[:, 2] == other).all()
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[0, 3], after[0, 3])


def test_shown_the_truth_always_it_costs_what_the_truth_costs(network: EncoderDecoder) -> None:
    always = network.cost_with_own(X, LENGTHS, Y, 1, np.random.default_rng(0))
    assert always.item() == pytest.approx(network.cost(X, LENGTHS, Y).item(), abs=1e-12)


def test_shown_only_its_own_it_pays_for_the_truth_after_its_own(network: EncoderDecoder) -> None:
    _, log_p = network.write(X, LENGTHS, S=5)
    due = -log_p.gather(2, Y[..., None])[..., 0][Y > 0].sum() / len(Y)
    never = network.cost_with_own(X, LENGTHS, Y, 0, np.random.default_rng(0))
    assert never.item() == pytest.approx(due.item(), abs=1e-12)


def test_batches_hold_dates_of_about_one_length_with_their_answers() -> None:
    vocabulary, _ = date_vocabularies()
    drawn = models.batches(np.random.default_rng(0), vocabulary, 64)
    spread = []
    for _, (x, lengths, y) in zip(range(models.POOL), drawn, strict=False):
        assert len(x) == len(lengths) == len(y) == 64
        assert x.shape[1] == lengths.max()
        spread.append((lengths.max() - lengths.min()).item())
        for row, length, answer in zip(x[:3], lengths[:3], models.decoded(y[:3]), strict=True):
            source = vocabulary.decode(row[:length])
            assert str(int(answer[-2:])) in source
    assert np.median(spread) <= 2


def test_backwards_is_the_source_from_its_end() -> None:
    vocabulary = Vocabulary(("p", "s", "e", "a", "b"))
    x, lengths = models.encoded(vocabulary, ["ab", "aab"], reverse=True)
    assert x.tolist() == [[4, 3, 0], [4, 3, 3]]
    assert lengths.tolist() == [2, 3]


# What is shipped --------------------------------------------------------------------------------------------------


def test_the_shipped_network_reads_dates_of_new_days_as_well_as_its_log_says() -> None:
    network, vocabulary = models.shipped()
    valid = dates(np.random.default_rng(5), 1000, "test")
    tokens, _ = network.write(*models.encoded(vocabulary, valid.sources))
    exact = np.mean(np.array(models.decoded(tokens)) == np.array(valid.targets))
    log = checkpoints.load("dates").log
    assert exact == pytest.approx(log["valid_exact"], abs=0.01)
    assert exact > 0.99
    assert (checkpoints.FOLDER / "dates.safetensors").stat().st_size < 1_000_000


def test_the_shipped_network_cannot_read_iso_as_its_card_says() -> None:
    network, vocabulary = models.shipped()
    tokens, _ = network.write(*models.encoded(vocabulary, ["5. März 2004", "2004-03-05"]))
    told, iso = models.decoded(tokens)
    assert told == "2004-03-05" != iso
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", iso)


def test_the_shipped_vocabulary_is_that_of_the_data() -> None:
    assert models.shipped()[1] == date_vocabularies()[0]
    assert date_vocabularies()[1] == models.OUT


def test_training_again_writes_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    monkeypatch.setattr(train_dates, "VALID", 50)

    def written() -> dict[str, bytes]:
        train_dates.main(steps=16)
        return {file.name: file.read_bytes() for file in checkpoints.FOLDER.iterdir()}

    first = written()
    assert set(first) == {"dates.json", "dates.safetensors"}
    assert written() == first
    assert models.shipped()[1] == date_vocabularies()[0]


# What is recorded -------------------------------------------------------------------------------------------------


def test_the_record_holds_every_kind_with_every_seed() -> None:
    networks = json.loads(recorded.RECORD.read_text(encoding="utf-8"))["networks"]
    seen = [(entry["H"], entry["backwards"], entry["seed"]) for entry in networks]
    assert sorted(seen) == sorted((*kind, seed) for kind in recorded.KINDS for seed in range(recorded.SEEDS))


def test_the_record_agrees_with_itself() -> None:
    groups = [len(text) for text in dates(np.random.default_rng(1000), recorded.VALID, "valid").sources]
    share = np.bincount(np.searchsorted(recorded.LENGTHS, groups)) / recorded.VALID
    for entry in json.loads(recorded.RECORD.read_text(encoding="utf-8"))["networks"]:
        assert share @ entry["by_length"] == pytest.approx(entry["exact"], abs=1e-3)
        assert entry["exact"] <= min(entry["by_place"]) + 1e-4
        assert len(entry["curve"]) == recorded.STEPS // recorded.EVERY


def test_a_short_run_of_the_experiment_is_recorded_as_it_went(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "VALID", 200)
    monkeypatch.setattr(recorded, "EVERY", 2)
    entry = recorded.run(recorded.Kind(16, False), seed=0, steps=4)
    assert len(entry["curve"]) == 2
    assert entry["weights"] == 159 * 32 + 14 * 32 + 2 * (3 * 16 * (32 + 16 + 2)) + 14 * 17
