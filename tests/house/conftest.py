"""What the tests of the house look at: the folder as it is, and what a student is given."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from environments import new_environment, run

from rnn_autograder.bundle import bundle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def student_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def student_folder(student_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, unpacked as a student would."""
    folder = tmp_path_factory.mktemp("student")
    with ZipFile(student_zip) as archive:
        archive.extractall(folder)
    return folder / student_zip.stem


@pytest.fixture(scope="session")
def fresh_python(student_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment in which the unpacked bundle was installed as its README says."""
    python = new_environment(tmp_path_factory.mktemp("fresh") / ".venv")
    run([python, "-m", "pip", "install", "--quiet", "-e", "."], student_folder)
    return python
