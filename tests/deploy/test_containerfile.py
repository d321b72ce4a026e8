"""What goes into the image. Building it needs a registry; installing the same files into a venv does not."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/Containerfile"


def copied() -> list[str]:
    lines = [line.split() for line in FILE.read_text().splitlines() if line.startswith("COPY ")]
    return [source for _, *sources, _ in lines for source in sources]


def test_the_image_gets_the_packages_and_what_they_are_built_from_and_no_answer():
    assert set(copied()) == {
        "LICENSE",
        "README.md",
        "autograder/rnn_autograder",
        "datasets/rnn_datasets",
        "pyproject.toml",
        "requirements.txt",
    }
    assert all((ROOT / source).exists() for source in copied())


def test_what_the_image_copies_is_all_that_is_sent_to_the_builder():
    ignore = FILE.with_name("Containerfile.dockerignore").read_text().splitlines()
    assert ignore[0] == "*"
    assert {line[1:] for line in ignore if line.startswith("!")} == {name.split("/")[0] for name in copied()}
