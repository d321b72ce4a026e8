"""The student bundle: what is in it, that it is the same every time, and that it works on its own."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from environments import run

from rnn_autograder.bundle import bundle
from rnn_autograder.course import CourseError


def names(student_zip: Path) -> list[str]:
    with ZipFile(student_zip) as archive:
        return [name.partition("/")[2] for name in archive.namelist()]


def test_it_holds_what_a_student_needs(student_zip: Path) -> None:
    held = set(names(student_zip))
    assert held >= {
        "README.md",
        "LICENSE",
        "pyproject.toml",
        "requirements.txt",
        "environment.yml",
        "lectures/01_rnn_basics.ipynb",
        "assignments/a01_rnn_basics/rnn_basics.ipynb",
        "autograder/rnn_autograder/__init__.py",
        "autograder/rnn_autograder/fixtures/a01_rnn_basics.gz",
        "datasets/rnn_datasets/__init__.py",
    }


def test_it_holds_nothing_else(student_zip: Path) -> None:
    rooms = {name.partition("/")[0] for name in names(student_zip) if "/" in name}
    assert rooms == {"lectures", "assignments", "autograder", "datasets"}
    assert not [name for name in names(student_zip) if "solution" in name or "misconception" in name]
    assert not [
        name for name in names(student_zip) if name.startswith(("lectures/0", ".")) and name[-3:] == ".py"
    ]


def test_it_is_the_same_to_the_byte(root: Path, student_zip: Path, tmp_path: Path) -> None:
    again = bundle(root, tmp_path / "made" / "on the way")
    assert again.name == student_zip.name
    assert again.read_bytes() == student_zip.read_bytes()
    assert [path.name for path in again.parent.iterdir()] == [again.name], "nothing unfinished is left behind"


def test_it_is_sorted_and_without_a_date(student_zip: Path) -> None:
    with ZipFile(student_zip) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


def test_a_course_without_lectures_is_not_bundled(tmp_path: Path, root: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes((root / "pyproject.toml").read_bytes())
    for name in ("LICENSE", "environment.yml", "requirements.txt"):
        (tmp_path / name).touch()
    with pytest.raises(CourseError, match="lectures"):
        bundle(tmp_path, tmp_path / "dist")
    assert not list((tmp_path / "dist").glob("*.zip"))


def test_its_readme_names_files_that_are_there(student_folder: Path) -> None:
    text = (student_folder / "README.md").read_text()
    named = [part for part in text.split("`") if part.endswith(".ipynb")]
    assert len(named) == 2
    assert all((student_folder / name).is_file() for name in named)


fresh = pytest.mark.xdist_group("a fresh environment")


@fresh
@pytest.mark.parametrize("package", ["rnn_autograder", "rnn_datasets"])
def test_a_fresh_environment_has_packages_of_its_own(
    fresh_python: Path, student_folder: Path, tmp_path: Path, package: str
) -> None:
    where = run([fresh_python, "-c", f"import {package}; print({package}.__file__)"], tmp_path).strip()
    assert Path(where).is_relative_to(student_folder)


LECTURE = """
import nbclient, nbformat
notebook = nbformat.read("01_rnn_basics.ipynb", 4)
cell = nbformat.v4.new_code_cell("import rnn_datasets; print(rnn_datasets.__file__)")
notebook.cells.append(cell)
nbclient.NotebookClient(notebook, timeout=1800, startup_timeout=300).execute()
print(notebook.cells[-1].outputs[0].text)
"""


@fresh
def test_the_lecture_runs_in_a_fresh_environment(fresh_python: Path, student_folder: Path) -> None:
    where = run([fresh_python, "-c", LECTURE], student_folder / "lectures").strip()
    assert Path(where).is_relative_to(student_folder)


SELF_CHECK = """
import numpy as np
from rnn_autograder import check

def one_hot(tokens, V):
    return {}

check(one_hot)
"""


@fresh
def test_a_self_check_tells_right_from_wrong_in_a_fresh_environment(
    fresh_python: Path, tmp_path: Path
) -> None:
    right = run([fresh_python, "-c", SELF_CHECK.format("np.eye(V)[tokens]")], tmp_path)
    wrong = run([fresh_python, "-c", SELF_CHECK.format("np.eye(tokens.max() + 1)[tokens]")], tmp_path)
    assert "2 / 2" in right
    assert "2 / 2" not in wrong
    assert "one_hot" in wrong


def test_every_notebook_in_it_is_for_the_common_kernel(student_folder: Path) -> None:
    notebooks = list(student_folder.rglob("*.ipynb"))
    assert notebooks
    for path in notebooks:
        metadata = json.loads(path.read_text())["metadata"]
        assert metadata["kernelspec"]["name"] == "python3", path.name
