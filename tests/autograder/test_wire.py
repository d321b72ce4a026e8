"""What may pass between the grader and a student's code, and what damaged or hostile bytes can do: nothing."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_autograder.wire import Handle, Part, Seeded, Smooth, WireError, decode, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(),
    lambda parts: st.lists(parts) | st.lists(parts).map(tuple) | st.dictionaries(st.text(), parts),
    max_leaves=20,
)


def frame(tree: object, blob: bytes = b"") -> bytes:
    head = json.dumps(tree).encode()
    return len(head).to_bytes(4, "big") + head + blob


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value):
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [Handle(3, "list"), Part(Handle(3, "tuple"), 1), Seeded(5), Smooth(5)])
def test_places_for_what_is_there_come_back_as_they_were(value):
    assert decode(encode((1, value))) == (1, value)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4)])
def test_the_gradient_of_a_smooth_function_is_its_slope(shape):
    f, x = Smooth(7), np.random.default_rng(0).standard_normal(shape)
    along = np.random.default_rng(1).standard_normal(shape)
    slope = (f(x + 1e-6 * along) - f(x - 1e-6 * along)) / 2e-6
    assert slope == pytest.approx((f.gradient(x) * along).sum(), rel=1e-7)
    assert f(x) != Smooth(8)(x)


@pytest.mark.parametrize("dtype", ["?", "i1", "<i4", ">i8", "u2", "f2", "f4", ">f8", "c16"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3, 4)])
def test_arrays_keep_dtype_shape_and_numbers(dtype, shape):
    array = (np.random.default_rng(0).random(shape) * 3).astype(dtype)
    back = decode(encode(np.asarray(array)))
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.shape == shape
    np.testing.assert_array_equal(back, array)
    assert back.flags.owndata
    assert back.flags.writeable


def test_transposed_arrays_keep_their_axes():
    array = np.arange(6.0).reshape(2, 3).T
    np.testing.assert_array_equal(decode(encode(array)), array)


def test_a_numpy_scalar_stays_one():
    assert type(decode(encode(np.float32(0.5)))) is np.float32


@pytest.mark.parametrize(
    "thing",
    [
        object(),
        np.array([object()]),
        np.rec.array([(1.0,)]),
        np.ma.array([1.0]),
        np.longdouble(1),
        {1: 2},
        2**70,
        lambda: None,
        np.array([1]).astype("datetime64[s]"),
        np.zeros(17 * [1]),
    ],
)
def test_what_is_not_plain_stays_behind_a_handle(thing):
    kept = []

    def keep(part):
        kept.append(part)
        return Handle(0, type(part).__name__)

    assert decode(encode(("a", thing), keep)) == ("a", Handle(0, type(thing).__name__))
    assert kept[0] is thing
    with pytest.raises(WireError):
        encode(thing)


def test_a_list_that_holds_itself_stays_behind():
    loop: list[object] = []
    loop += [loop, loop]
    assert decode(encode(loop, lambda _: Handle(7, "list"))) == Handle(7, "list")


def test_seeds_and_handles_travel():
    assert decode(encode([Seeded(3), Handle(1, "x")])) == [Seeded(3), Handle(1, "x")]


@pytest.mark.parametrize(
    ("tree", "blob"),
    [
        (["array", "<f8", [10**15]], b""),
        (["array", "<f8", [2**40, 2**40]], b"12345678"),
        (["array", "<f8", [-1]], b""),
        (["array", "<f8", [True]], b"12345678"),
        (["array", "<f8", [1.0]], b"12345678"),
        (["array", "|O", [1]], b"12345678"),
        (["array", "<f8", [1] * 60], b"12345678"),
        (["array", "<f8", [1]], b"123456789"),
        (["dict", ["a"]], b""),
        (["dict", [1, 2]], b""),
        (["seeded", -1], b""),
        (["handle", "0", "x"], b""),
        (["exec", "1"], b""),
        ({"a": 1}, b""),
        ([], b""),
    ],
)
def test_a_frame_that_lies_is_refused(tree, blob):
    with pytest.raises(WireError):
        decode(frame(tree, blob))


def test_nesting_is_bounded():
    with pytest.raises(WireError):
        decode((100_000).to_bytes(4, "big") + b"[" * 100_000)
    deep: object = 1
    for _ in range(50):
        deep = ["list", deep]
    with pytest.raises(WireError):
        decode(frame(deep))


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_plain(data):
    with contextlib.suppress(WireError):
        decode(data)


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_frame_is_refused_or_plain(data):
    good = bytearray(encode({"x": np.arange(3.0), "y": [1, (2, "z")]}))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        decode(bytes(good))
