"""Where somebody else's machine runs the course: what Binder would build, and what Colab's first cell does."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from environments import new_environment, run

FIRST_CELL = re.compile(r"## Colab\n.+?```python\n(.+?)^```$", re.M | re.S)
SEE = "import rnn_autograder, rnn_datasets; print(rnn_autograder.__file__, rnn_datasets.__file__)"


def first_cell(root: Path) -> str:
    return FIRST_CELL.search((root / "docs/install.md").read_text())[1]


@pytest.fixture(scope="module")
def dockerfile(student_folder: Path) -> str:
    """What repo2docker, which is what Binder runs, would have built of the bundle."""
    return run([sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(student_folder)])


def test_binder_installs_environment_yml_after_the_packages_are_there(dockerfile: str) -> None:
    steps = ["COPY --chown=0:0 src/ ${REPO_DIR}/", '-p ${NB_PYTHON_PREFIX} --file "environment.yml"']
    places = [dockerfile.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places), "`-e .` needs the packages of the repository"


def test_binder_takes_the_python_that_the_tests_ran_with(root: Path, dockerfile: str) -> None:
    python = re.search(r"- python=(3\.\d+)\n", (root / "environment.yml").read_text())[1]
    assert f"{python.replace('.', '-2e')}-2dlinux-2d64-2elock" in dockerfile or f"py-2d{python}" in dockerfile


@pytest.mark.xdist_group("a fresh environment")
def test_what_environment_yml_hands_to_pip_leaves_check_and_the_data_importable(
    root: Path, fresh_python: Path, student_folder: Path, tmp_path: Path
) -> None:
    """The bundle's README installs `-e .`, which is all that is in it; see `fresh_python`."""
    handed = re.findall(r"^      - (.+)$", (root / "environment.yml").read_text(), re.M)
    assert handed == ["-r requirements.txt", "-e ."]
    for where in run([fresh_python, "-c", SEE], tmp_path).split():
        assert Path(where).is_relative_to(student_folder)


def test_the_bundle_brings_the_same_cell(root: Path, student_folder: Path) -> None:
    for line in first_cell(root).splitlines():
        assert f"\n    {line}\n" in (student_folder / "README.md").read_text()


def test_after_colabs_first_cell_the_lecture_begins(
    root: Path, student_zip: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    python = new_environment(tmp_path_factory.mktemp("colab"))
    content = tmp_path_factory.mktemp("content")
    shutil.copy(student_zip, content)
    begins = ["import figures, questions, widgets", SEE]
    (content / "notebook.ipy").write_text("\n".join([first_cell(root), *begins]))
    said = run([python, "-m", "IPython", "--colors=nocolor", "notebook.ipy"], content)
    assert said.count(str(python.parents[1])) == 2, said
