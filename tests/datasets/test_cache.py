import os
from pathlib import Path

import pytest

from rnn_datasets.cache import cached


class Work:
    """Makes bytes, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> bytes:
        self.times += 1
        return b"made" * 1000


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def files(home: Path) -> list[Path]:
    return list((home / "cache" / "unrolled").iterdir())


def test_the_second_time_comes_from_disk(home: Path) -> None:
    work = Work()
    assert cached("work", b"source", work) == cached("work", b"source", work) == b"made" * 1000
    assert work.times == 1
    assert len(files(home)) == 1


def test_another_source_is_another_entry(home: Path) -> None:
    work = Work()
    cached("work", b"source", work)
    cached("work", b"source, edited", work)
    assert work.times == 2


def test_another_python_is_another_entry(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    cached("work", b"source", work)
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    cached("work", b"source", work)
    assert work.times == 2


@pytest.mark.parametrize("damage", [b"", b"nonsense", "truncated", "flipped"])
def test_a_damaged_file_is_made_again(home: Path, damage: bytes | str) -> None:
    work = Work()
    whole = cached("work", b"source", work)
    [file] = files(home)
    content = file.read_bytes()
    match damage:
        case "truncated":
            content = content[:-3]
        case "flipped":
            content = content[:-1] + bytes([content[-1] ^ 1])
        case bytes():
            content = damage
    file.write_bytes(content)
    assert cached("work", b"source", work) == whole
    assert work.times == 2
    assert cached("work", b"source", work) == whole
    assert work.times == 2  # mended


def test_a_cache_that_cannot_be_written_is_done_without(home: Path) -> None:
    (home / "cache").write_text("a file where the folder should be")
    work = Work()
    assert cached("work", b"source", work) == cached("work", b"source", work)
    assert work.times == 2


def test_a_failed_write_leaves_nothing_behind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full)
    assert cached("work", b"source", Work()) == b"made" * 1000
    assert files(home) == []


def test_without_a_home_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, says the specification
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert cached("work", b"source", Work()) == b"made" * 1000
    assert os.listdir(tmp_path) == []
