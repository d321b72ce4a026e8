"""Networks that were trained beforehand, because a lecture has no time for it; and what they keep of a text.

A checkpoint is two files in `checkpoints/`: NAME.safetensors holds the weights, NAME.json says how they came about.
The weights' file says the same in its header, for whoever meets it alone.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from rnn_datasets import Vocabulary

FOLDER = Path(__file__).parent / "checkpoints"
_REMEDY = "take both files from the repository again, or run `make checkpoint`"


class CheckpointError(Exception):
    """A checkpoint is missing or damaged; the message says which file, and what helps."""


class Checkpoint(NamedTuple):
    """A network that was trained beforehand.

    Attributes:
        weights: float32 arrays by name. Of `char_rnn`: `Wx` (V, H), `Wh` (H, H), `b` (H,), `Wy` (H, V), `by` (V,).
            Of `char_lstm` the same, with 4H columns in `Wx`, `Wh` and `b`: those of the gates i, f, o, g. Of others
            what their modules call them.
        vocabulary: its V tokens, in the order of the rows of `Wx`, or of the embedding of what is read.
        log: how it was trained: `N`, `steps`, how it went along the way, and more.
    """

    weights: dict[str, NDArray[np.float32]]
    vocabulary: Vocabulary
    log: dict[str, Any]


def save(
    name: str, weights: dict[str, NDArray[np.float32]], vocabulary: Vocabulary, log: dict[str, Any]
) -> None:
    """Write a checkpoint: the same bytes for the same values."""
    characters = all(len(token) == 1 for token in vocabulary)
    log = {"alphabet": "".join(vocabulary) if characters else list(vocabulary), **log}
    packed = safetensors.numpy.save(
        weights, metadata={"log": json.dumps(log)}
    )  # several keys would come in any order
    log["sha256"] = hashlib.sha256(packed).hexdigest()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.safetensors").write_bytes(packed)
    (FOLDER / f"{name}.json").write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")


def load(name: str) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: one of its files is missing or damaged, or they are not of one training.
    """
    packed = _read(f"{name}.safetensors")
    text = _read(f"{name}.json")
    try:
        log = json.loads(text)
        as_written = log["sha256"] == hashlib.sha256(packed).hexdigest()
        weights = safetensors.numpy.load(packed) if as_written else {}
        vocabulary = Vocabulary(tuple(log["alphabet"]))
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CheckpointError(f"{FOLDER / name}.json is damaged ({error}): {_REMEDY}") from error
    if not as_written:
        raise CheckpointError(f"{FOLDER / name}.safetensors is not the file that its log tells of: {_REMEDY}")
    return Checkpoint(weights, vocabulary, log)


def states(
    weights: dict[str, NDArray[np.float32]], tokens: NDArray[np.int64], reset_every: int | None = None
) -> NDArray[np.float32]:
    """Let a character RNN read a text from a state of zeros.

    Args:
        weights: `Wx` (V, H), `Wh` (H, H), `b` (H,).
        tokens: (T,), each below V.
        reset_every: forget everything before every so many characters; never by default.

    Returns:
        h: (T, H) float32, the state after each character.
    """
    Wh = weights["Wh"]
    h = (weights["Wx"] + weights["b"])[tokens]
    for t in range(len(tokens)):
        if t and (reset_every is None or t % reset_every):
            h[t] += h[t - 1] @ Wh
        np.tanh(h[t], out=h[t])
    return h


def lstm_states(
    weights: dict[str, NDArray[np.float32]], tokens: NDArray[np.int64], reset_every: int | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Let a character LSTM read a text from a state and a cell of zeros.

    Args:
        weights: `Wx` (V, 4H), `Wh` (H, 4H), `b` (4H,), the columns of i, f, o, g.
        tokens: (T,), each below V.
        reset_every: forget everything before every so many characters; never by default.

    Returns:
        h: (T, H) float32, the state after each character.
        c: (T, H) float32, the cell.
    """
    Wh = weights["Wh"]
    T, H = len(tokens), len(Wh)
    h, c = np.zeros((2, T, H), np.float32)
    from_x = weights["Wx"] + weights["b"]  # (V, 4H): what each character adds to the sums
    for t, token in enumerate(tokens):
        known = t > 0 and (reset_every is None or t % reset_every > 0)
        a = from_x[token] + h[t - 1] @ Wh if known else from_x[token]
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[: 3 * H]))).reshape(3, H)
        c[t] = i * np.tanh(a[3 * H :])
        if known:
            c[t] += f * c[t - 1]
        h[t] = o * np.tanh(c[t])
    return h, c


def _read(file: str) -> bytes:
    try:
        return (FOLDER / file).read_bytes()
    except OSError as error:
        raise CheckpointError(f"{FOLDER / file} cannot be read ({error.strerror}): {_REMEDY}") from error
