"""Small programs in the cage: they say that they are ready, wait for a word, then do what the test is about."""

import contextlib
import json
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from rnn_autograder.exercise import Stopped
from rnn_autograder.limits import Limits
from rnn_autograder.sandbox.launch import Worker, launch
from rnn_autograder.sandbox.nursery import Isolation

PROLOGUE = """
import json, os, socket, sys, time
channel = socket.socket(fileno=int(sys.argv[-1]))
def say(value):
    content = json.dumps(value).encode()
    channel.sendall(len(content).to_bytes(4, "big") + content)
def hear():
    size = int.from_bytes(channel.recv(4, socket.MSG_WAITALL), "big")
    return json.loads(channel.recv(size, socket.MSG_WAITALL))
def attempt(action):
    try:
        return repr(action())
    except BaseException as error:
        return type(error).__name__
say("ready")
hear()
"""


@pytest.fixture(autouse=True)
def isolated(isolation: Isolation) -> None:
    """These tests are about a cage that is there."""


@pytest.fixture
def tier(isolation: Isolation) -> str:
    """The tier that this machine must have, where it is known; else whatever it has."""
    return os.environ.get("UNROLLED_TEST_TIER") or isolation.tier


@pytest.fixture
def caged(tier: str) -> None:
    """These are about what only namespaces give."""
    if tier != "A":
        pytest.skip("tier B: what a cage hides can be seen")


@pytest.fixture
def worker() -> Callable[..., AbstractContextManager[Worker]]:
    """`worker(code, **limits)`: a program that was told to begin."""

    @contextlib.contextmanager
    def start(code: str, *, unsafe: bool = False, **limits: Any) -> Iterator[Worker]:
        program = PROLOGUE + textwrap.dedent(code)
        with launch(Limits(**limits), program=program, unsafe=unsafe) as running:
            assert json.loads(running.receive(cpu_s=10, wall_s=60)) == "ready"
            running.send(b"0")
            yield running

    return start


@pytest.fixture
def answer(worker: Callable[..., AbstractContextManager[Worker]]) -> Callable[..., Any]:
    """`answer(code, **limits)`: what the program says."""

    def ask(code: str, *, cpu_s: float = 10, **limits: Any) -> Any:
        with worker(code, **limits) as running:
            return json.loads(running.receive(cpu_s=cpu_s, wall_s=60))

    return ask


@pytest.fixture
def stopped(worker: Callable[..., AbstractContextManager[Worker]]) -> Callable[..., Stopped]:
    """`stopped(code, **limits)`: why the program came to an end."""

    def ask(code: str, *, cpu_s: float = 10, wall_s: float = 60, **limits: Any) -> Stopped:
        with worker(code, **limits) as running, pytest.raises(Stopped) as caught:
            while True:
                running.receive(cpu_s=cpu_s, wall_s=wall_s)
        return caught.value

    return ask
