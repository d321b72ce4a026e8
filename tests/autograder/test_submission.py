"""What students hand in is read without being believed, and put back into what was released."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from damage import mutations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.notebooknode import NotebookNode

from rnn_autograder import submission
from rnn_autograder.submission import Unreadable, find, parse, read, rebuild


def nbgrader(grade_id: str, **marks: Any) -> dict[str, Any]:
    return {"nbgrader": {"grade_id": grade_id, "schema_version": 3, "task": False, **marks}}


def cell(kind: str, source: str, **metadata: Any) -> dict[str, Any]:
    extra = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": metadata, **extra}


def answer(name: str, source: str) -> dict[str, Any]:
    return cell("code", source, **nbgrader(f"{name}_solution", grade=False, solution=True, locked=False))


def check(name: str) -> dict[str, Any]:
    return cell(
        "code", f"check({name})", **nbgrader(name, grade=True, solution=False, locked=True, points=2.0)
    )


RELEASED = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        {**each, "id": f"r{number}"}
        for number, each in enumerate(
            [
                cell("markdown", "# Title"),
                cell("code", "import numpy as np"),
                answer("f", "def f(): raise NotImplementedError()"),
                check("f"),
                answer("g", "def g(): raise NotImplementedError()"),
                check("g"),
                cell("code", "train()", tags=["demo"]),
                cell(
                    "markdown",
                    "YOUR ANSWER",
                    **nbgrader("why", grade=True, solution=True, locked=False, points=5.0),
                ),
            ]
        )
    ],
}
F, CHECK_F, G, CHECK_G, DEMO, WHY = 2, 3, 4, 5, 6, 7


def released() -> NotebookNode:
    return nbformat.from_dict(copy.deepcopy(RELEASED))


def handed_in() -> dict[str, Any]:
    """The released notebook with every answer written."""
    notebook = copy.deepcopy(RELEASED)
    for place, source in ((F, "def f(): return 1"), (G, "def g(): return 2"), (WHY, "Because.")):
        notebook["cells"][place]["source"] = source
    return notebook


def rebuilt(notebook: dict[str, Any]) -> tuple[NotebookNode, dict[str, str]]:
    result = released()
    notes = rebuild(result, parse(json.dumps(notebook).encode(), "x.ipynb"))
    nbformat.validate(result)
    return result, notes


def sources(notebook: NotebookNode) -> list[str]:
    return [each.source for each in notebook.cells]


def what_was_released(notebook: NotebookNode) -> list[Any]:
    """All that is not the student's: the metadata of released cells in order, and the text of locked ones."""
    return [
        (each.metadata, each.source if each.metadata.nbgrader.locked else None)
        for each in notebook.cells
        if "nbgrader" in each.metadata
    ]


# Reading


def test_of_a_cell_only_its_text_and_its_claims_are_kept():
    notebook = handed_in()
    notebook["cells"][F]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 1000}]
    notebook["cells"][F]["metadata"] |= {
        "tags": ["skip-execution", "demo"],
        "jupyter": {"source_hidden": True},
    }
    kept = parse(json.dumps(notebook).encode(), "x.ipynb")[F]
    assert kept.source == "def f(): return 1"
    assert kept.outputs == []
    claims = {"id": "r2", "nbgrader": {"grade": False, "grade_id": "f_solution"}, "tags": ["demo"]}
    assert kept.metadata == claims


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "x.ipynb is empty."),
        (b" \n", "x.ipynb is empty."),
        (b'{"cells": [{"cell_ty', "cut off or damaged: it stops making sense in line 1, column 13."),
        (b"def f(): return 1", "is not a notebook"),
        ("{}".encode("utf-16"), "is not a notebook"),
        (b"[" * 100_000, "is not a notebook"),
        (b"1" * 10_000, "is not a notebook"),
        (b"[1, 2]", "is not a notebook, though it is JSON."),
        (b"{}", "is not a notebook, though it is JSON."),
        (b'{"nbformat": true, "cells": []}', "is not a notebook, though it is JSON."),
        (b'{"nbformat": 5, "cells": []}', "is in notebook format 5"),
        (b'{"nbformat": 4, "cells": {}}', "has no list of cells"),
        (b'{"nbformat": 3, "worksheets": 7}', "is in the old notebook format 3, and damaged."),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(data: bytes, why: str):
    with pytest.raises(Unreadable) as refusal:
        parse(data, "x.ipynb")
    assert why in str(refusal.value)


@pytest.mark.parametrize(("limit", "value"), [("MAX_CELLS", 7), ("MAX_CHARACTERS", 50), ("MAX_BYTES", 1000)])
def test_a_notebook_without_measure_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
):
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(handed_in()))
    assert len(read(path)) == 8
    monkeypatch.setattr(submission, limit, value)
    with pytest.raises(Unreadable):
        read(path)


def test_odd_cells_are_left_out_and_the_rest_is_kept():
    notebook = handed_in()
    notebook["cells"][:0] = [
        7,
        None,
        {},
        {"cell_type": "code", "source": 3},
        {"cell_type": ["code"], "source": ""},
    ]
    notebook["cells"].append({"cell_type": "code", "source": ["a = 1\n", "b = '\ud800'"], "metadata": []})
    cells = parse(json.dumps(notebook).encode(), "x.ipynb")
    assert len(cells) == 9
    assert cells[-1].source == "a = 1\nb = '?'", "half a character cannot be written back"


def test_a_byte_order_mark_is_no_damage():
    assert parse(json.dumps(handed_in()).encode("utf-8-sig"), "x.ipynb")


def test_an_old_notebook_is_converted():
    cells = [{"cell_type": "code", "input": "a = 1", "outputs": [], "language": "python", "metadata": {}}]
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    assert sources(nbformat.v4.new_notebook(cells=parse(json.dumps(old).encode(), "x.ipynb"))) == ["a = 1"]


def test_pictures_stay_with_a_written_answer_and_nothing_else_does():
    notebook = handed_in()
    notebook["cells"][WHY]["attachments"] = {
        "a.png": {"image/png": "aGVsbG8=", "text/html": "<script>"},
        "b.svg": {"image/svg+xml": "aGVsbG8="},
        "c.png": {"image/png": '"><script>'},
    }
    notebook["cells"][F]["attachments"] = {"a.png": {"image/png": "aGVsbG8="}}
    result, _ = rebuilt(notebook)
    assert result.cells[WHY].attachments == {"a.png": {"image/png": "aGVsbG8="}}
    assert "attachments" not in result.cells[F]


def test_a_renamed_notebook_is_found_if_it_is_the_only_one(tmp_path: Path):
    path = tmp_path / "rnn_basics.ipynb"
    with pytest.raises(Unreadable, match=r"No notebook was handed in: there is no rnn_basics\.ipynb\."):
        find(path)
    (tmp_path / "mine.ipynb").touch()
    assert find(path).name == "mine.ipynb"
    (tmp_path / "mine (1).ipynb").touch()
    with pytest.raises(Unreadable, match=r"mine \(1\)\.ipynb, mine\.ipynb"):
        find(path)
    path.touch()
    assert find(path) == path


def test_a_link_to_somebody_elses_file_is_not_followed(tmp_path: Path):
    (tmp_path / "theirs").write_text(json.dumps(handed_in()))
    (tmp_path / "x.ipynb").symlink_to("theirs")
    with pytest.raises(Unreadable, match="not an ordinary file"):
        read(find(tmp_path / "x.ipynb"))


# Rebuilding


def test_answers_are_put_into_the_release():
    result, notes = rebuilt(handed_in())
    assert sources(result) == [each["source"] for each in handed_in()["cells"]]
    assert notes == {}
    assert what_was_released(result) == what_was_released(released())


def test_edited_marks_points_and_checks_do_not_count():
    notebook = handed_in()
    for each in notebook["cells"]:
        each["metadata"]["tags"] = ["skip-execution"]
        if "nbgrader" in each["metadata"]:
            each["metadata"]["nbgrader"] |= {"grade": False, "locked": False, "points": 100, "solution": True}
    notebook["cells"][CHECK_F]["source"] = "2.0"
    notebook["metadata"]["kernelspec"]["name"] = "bash"
    result, notes = rebuilt(notebook)
    expected, _ = rebuilt(handed_in())
    assert result == expected
    assert notes == {}


def test_a_deleted_cell_comes_back_as_it_was_released():
    notebook = handed_in()
    del notebook["cells"][F : CHECK_F + 1]
    result, notes = rebuilt(notebook)
    assert result.cells[F].source == "def f(): raise NotImplementedError()"
    assert result.cells[CHECK_F].source == "check(f)"
    assert result.cells[G].source == "def g(): return 2"
    assert notes == {"f_solution": "This cell was missing from the notebook."}


def test_of_two_copies_the_last_one_counts_and_the_first_stays_as_a_plain_cell():
    notebook = handed_in()
    notebook["cells"].insert(F, answer("f", "def f(): return 0"))
    notebook["cells"].append(check("f"))
    result, notes = rebuilt(notebook)
    assert sources(result)[F : F + 2] == ["def f(): return 0", "def f(): return 1"]
    assert result.cells[F].metadata == {}
    assert sources(result).count("check(f)") == 1
    assert notes == {"f_solution": "This cell was there 2 times: the last one counts."}


def test_of_two_copies_the_last_one_counts_in_any_order_of_cells():
    notebook = handed_in()
    notebook["cells"].append(answer("f", "def f(): return 0"))
    notebook["cells"].append(answer("f", "def f(): return 1"))
    del notebook["cells"][F]
    result, _ = rebuilt(notebook)
    assert sources(result).index("def f(): return 0") == sources(result).index("def f(): return 1") - 1


def test_an_answer_typed_anew_is_not_undone_by_the_stub_that_comes_back():
    notebook = handed_in()
    notebook["cells"][F : CHECK_F + 1] = [cell("code", "def f(): return 1")]
    result, notes = rebuilt(notebook)
    stub = sources(result).index("def f(): raise NotImplementedError()")
    assert stub < sources(result).index("def f(): return 1") < sources(result).index("def g(): return 2")
    assert notes == {"f_solution": "This cell was missing from the notebook."}


def test_an_answer_that_lost_its_metadata_is_known_by_its_id():
    notebook = handed_in()
    for each in notebook["cells"]:
        each["metadata"] = {}
    result, notes = rebuilt(notebook)
    expected, _ = rebuilt(handed_in())
    assert result == expected
    assert notes == {}


def test_the_order_is_the_releases():
    notebook = handed_in()
    notebook["cells"].reverse()
    assert rebuilt(notebook) == rebuilt(handed_in())


def test_own_cells_stay_where_they_stood():
    notebook = handed_in()
    notebook["cells"].insert(G, cell("code", "helper = 1", tags=["x", "demo"], **nbgrader("f2", grade=True)))
    notebook["cells"].insert(0, cell("raw", "first"))
    result, _ = rebuilt(notebook)
    assert sources(result)[0] == "first"
    assert sources(result).index("helper = 1") == sources(result).index("check(f)") + 1
    own = result.cells[sources(result).index("helper = 1")]
    assert own.metadata == {"tags": ["demo"]}, "never a grade cell, whatever it says"


def test_an_edited_demonstration_is_still_one():
    notebook = handed_in()
    notebook["cells"][DEMO] |= {"source": "train(hidden=512)", "metadata": {}}
    result, _ = rebuilt(notebook)
    assert len(result.cells) == len(RELEASED["cells"])
    assert result.cells[DEMO].source == "train(hidden=512)"
    assert result.cells[DEMO].metadata.tags == ["demo"]


def test_an_answer_whose_kind_was_changed_is_code_again():
    notebook = handed_in()
    notebook["cells"][F] |= {"cell_type": "markdown"}
    result, _ = rebuilt(notebook)
    assert result.cells[F].cell_type == "code"
    assert result.cells[F].source == "def f(): return 1"


@given(mutations(handed_in()), st.none() | st.floats(0, 1, exclude_max=True))
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_however_it_is_damaged_it_is_refused_or_what_was_not_touched_stays(
    mutation: tuple[dict[str, Any], frozenset[int]], cut: float | None
):
    notebook, touched = mutation
    text = json.dumps(notebook).encode()
    text = text if cut is None else text[: int(len(text) * cut)]
    try:
        cells = parse(text, "x.ipynb")
    except Unreadable as refusal:
        assert "x.ipynb" in str(refusal)
        assert cut is not None or len(touched) == len(RELEASED["cells"])
        return
    result = released()
    notes = rebuild(result, cells)
    nbformat.validate(result)
    nbformat.writes(result).encode()
    assert what_was_released(result) == what_was_released(released())
    assert len({each.id for each in result.cells}) == len(result.cells)
    by_name = {each.metadata.nbgrader.grade_id: each for each in result.cells if "nbgrader" in each.metadata}
    for place, name in ((F, "f_solution"), (G, "g_solution"), (WHY, "why")):
        if place not in touched:
            assert by_name[name].source == handed_in()["cells"][place]["source"]
            assert name not in notes
