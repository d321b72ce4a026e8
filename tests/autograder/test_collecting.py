"""Archives as Moodle and Canvas pack them, into `submitted/`: whose a notebook is, which one counts, what is left."""

from __future__ import annotations

import io
import shutil
import stat
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile, ZipInfo

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ZipCollectApp
from small_course import (  # noqa: F401 -- fixtures
    STUDENT,
    A,
    answered,
    by_autograder,
    grades,
    hand_in,
    released,
    right,
    root,
)

from rnn_autograder import archives, course
from rnn_autograder.__main__ import main
from rnn_autograder.collecting import collect

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen

MOODLE = """\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 11","Lucía Fernández",lucia@example.org,"Submitted for grading",,10.00,Yes,\
"Sunday, 22 November 2026, 12:30 PM",-,
"Participant 12","김 민서",minseo@example.org,"Submitted for grading",,10.00,Yes,\
"Sunday, 22 November 2026, 2:05 PM",-,
"Participant 13","Max Power",max@example.org,"No submission",,10.00,Yes,-,-,
"""
CANVAS = """\
Student,ID,SIS Login ID,Section,RNN basics (900),Current Score
    Points Possible,,,,10.00,(read only)
"Fernández, Lucía",501,lucia,Section 1,,
"김, 민서",502,minseo,Section 1,,
"O'Neil-Smith, Ada Mae",503,ada,Section 1,,
"Student, Test",504,,Section 1,,
"""
MINSEO = "김 민서_12_assignsubmission_file/rnn_basics.ipynb"
LUCIA = "Lucía Fernández_11_assignsubmission_file/rnn_basics.ipynb"


def text(root: Path, f: str = "def f(x): return 'right'") -> bytes:
    return nbformat.writes(answered(root, f=f)).encode()


def pack(path: Path, files: dict[str, bytes], when: tuple[int, ...] = (2026, 11, 22, 15, 0, 0)) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(ZipInfo(name, when), data, ZIP_DEFLATED)
    return path


def zipped(files: dict[str, bytes], how: int = ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def unmark_utf8(archive: Path) -> None:
    """As macOS does: names are in UTF-8, and nothing says so."""
    data = bytearray(archive.read_bytes())
    for header, flags in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        start = data.find(header)
        while start >= 0:
            data[start + flags] &= ~0x08
            start = data.find(header, start + 4)
    archive.write_bytes(data)


def table(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def submitted(root: Path) -> dict[str, bytes]:
    """Every file in `submitted/`, but for times."""
    files = (root / "submitted").rglob("*")
    return {
        path.relative_to(root / "submitted").as_posix(): path.read_bytes()
        for path in files
        if path.is_file() and path.name != "timestamp.txt"
    }


def stamps(root: Path) -> dict[str, str]:
    files = (root / "submitted").glob(f"*/{A}/timestamp.txt")
    return {path.parts[-3]: path.read_text() for path in files}


def a_notebook(student: str) -> str:
    return f"{student}/{A}/rnn_basics.ipynb"


@pytest.fixture(autouse=True)
def in_seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "KST-9")  # in letters that need no table of zones
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_moodles_archive_comes_in_under_the_gradebooks_ids_with_its_times(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student(STUDENT, first_name="민서", last_name="김")
    files = {
        unicodedata.normalize("NFD", MINSEO): text(root),  # as macOS writes it
        "Lucía Fernández_11_assignsubmission_file_rnn_basics.ipynb": text(root, "pass"),
        "Max Power_13_assignsubmission_onlinetext/onlinetext.html": b"I was ill",
    }
    archive, roster = pack(tmp_path / "all.zip", files), table(tmp_path / "Grades-1.csv", MOODLE)
    unmark_utf8(archive)
    assert main(["collect", A, str(archive), "--roster", str(roster)]) == 0
    assert submitted(root) == {
        a_notebook(STUDENT): text(root),
        a_notebook("lucia@example.org"): text(root, "pass"),
    }
    assert stamps(root) == {STUDENT: "2026-11-22 05:05:00", "lucia@example.org": "2026-11-22 03:30:00"}
    out = capsys.readouterr().out
    assert f"{STUDENT:<24} rnn_basics.ipynb, handed in 2026-11-22 14:05" in out
    assert (
        "Not taken: It is no notebook.\n    Max Power_13_assignsubmission_onlinetext/onlinetext.html" in out
    )
    assert f"{A}: 2 collected, 0 there before, 1 not taken." in out
    assert ZipFile(root / "downloaded" / A / "archive" / "all.zip").read(
        "Max Power_13_assignsubmission_onlinetext/onlinetext.html"
    )


def test_canvas_archive_comes_in_and_the_latest_file_counts(root: Path, tmp_path: Path):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("lu", first_name="Lucía", last_name="Fernández")
    files = {
        "fernándezlucía_LATE_501_70_rnn_basics.ipynb": text(root, "pass"),
        "fernándezlucía_LATE_501_81_rnn_basics-1.ipynb": text(root),
        "oneilsmithadamae_503_77_week 1.zip": zipped(
            {"week 1/My RNN.ipynb": text(root)}
        ),  # ours by its cells
    }
    told = "\n".join(
        collect(A, pack(tmp_path / "s.zip", files), table(tmp_path / "g.csv", CANVAS), force=False)
    )
    assert submitted(root) == {a_notebook("lu"): text(root), a_notebook("ada"): text(root)}
    assert stamps(root) == {}  # Canvas says that it was late, and not when it came
    assert "rnn_basics-1.ipynb, late, and Canvas does not say by how much" in told
    assert "lu handed in another one, which counts" in told
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        ada, lu = gradebook.find_student("ada"), gradebook.find_student("lu")
        assert (ada.first_name, ada.last_name, ada.lms_user_id) == ("Ada Mae", "O'Neil-Smith", "503")
        assert (lu.first_name, lu.last_name, lu.lms_user_id) == ("Lucía", "Fernández", "501")
    # The gradebook knows Canvas's numbers now: the next archive needs no table.
    (root / "downloaded" / A / "archive" / "g.csv").unlink()
    later = pack(
        tmp_path / "s.zip",
        {"oneilsmithadamae_503_99_rnn_basics.ipynb": text(root, "1")},
        (2026, 12, 1, 0, 0, 0),
    )
    collect(A, later, None, force=False)
    assert submitted(root)[a_notebook("ada")] == text(root, "1")


def test_what_is_collected_again_changes_nothing_and_only_a_later_archive_does(root: Path, tmp_path: Path):
    roster = table(tmp_path / "g.csv", MOODLE)
    first = pack(tmp_path / "all.zip", {MINSEO: text(root)}, (2026, 11, 22, 15, 0, 0))
    collect(A, first, roster, force=False)
    assert by_autograder(root, "minseo@example.org")
    before = {path: path.stat().st_mtime_ns for path in (root / "submitted").rglob("*")}
    assert collect(A, first, roster, force=False)[-1] == f"{A}: 0 collected, 1 there before, 0 not taken."
    assert {path: path.stat().st_mtime_ns for path in (root / "submitted").rglob("*")} == before
    # Platforms give each archive the same name: none is lost, and the latest counts, whatever the order.
    both = {MINSEO: text(root, "pass"), LUCIA: text(root)}
    later = pack(tmp_path / "all.zip", both, (2026, 11, 25, 15, 0, 0))
    collect(A, later, None, force=False)
    earliest = pack(tmp_path / "all.zip", {MINSEO: b"{}"}, (2026, 11, 20, 15, 0, 0))
    told = collect(A, earliest, None, force=False)
    assert submitted(root)[a_notebook("minseo@example.org")] == text(root, "pass")
    assert len(list((root / "downloaded" / A / "archive").glob("*.zip"))) == 3
    assert "minseo@example.org handed in another one, which counts" in "\n".join(told)


def test_what_came_in_by_another_way_is_kept_unless_newer_or_forced_and_even_then_kept_aside(
    root: Path, tmp_path: Path
):
    student = "minseo@example.org"
    mine = hand_in(root, right(root), student=student)
    (mine.parent / "notes.txt").write_text("by hand")
    archive, roster = pack(tmp_path / "all.zip", {MINSEO: text(root)}), table(tmp_path / "g.csv", MOODLE)
    before = submitted(root)
    told = "\n".join(collect(A, archive, roster, force=False))
    assert submitted(root) == before
    assert "nothing says which is newer: --force" in told
    (mine.parent / "timestamp.txt").write_text("2026-11-22 06:00:00 UTC")  # after Moodle's
    collect(A, None, None, force=False)
    assert submitted(root) == before
    (mine.parent / "timestamp.txt").write_text("2026-11-22 05:00:00 UTC")  # before it
    collect(A, None, None, force=False)
    assert submitted(root) == {a_notebook(student): text(root)}
    mine.write_bytes(b"mended by hand")
    collect(A, None, None, force=False)
    assert mine.read_bytes() == b"mended by hand"
    collect(A, None, None, force=True)
    assert submitted(root) == {a_notebook(student): text(root)}
    kept = sorted((root / "downloaded" / A / "replaced" / student).iterdir())
    assert [sorted(path.name for path in folder.iterdir()) for folder in kept] == [
        ["notes.txt", "rnn_basics.ipynb", "timestamp.txt"],
        ["rnn_basics.ipynb", "timestamp.txt"],
    ]
    assert (kept[1] / "rnn_basics.ipynb").read_bytes() == b"mended by hand"


def test_whose_it_is_is_never_guessed(root: Path, tmp_path: Path):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("kim1", first_name="민서", last_name="김")
        gradebook.add_student("kim2", first_name="민서", last_name="김")
    files = {
        MINSEO: text(root),
        "Max Power_11_assignsubmission_file/rnn_basics.ipynb": text(root),  # Lucía's number
        "Nobody_77_assignsubmission_file/rnn_basics.ipynb": text(root),
        "Team A_12_assignsubmission_file/rnn_basics.ipynb": text(root),  # a group's number: here, 민서's too
        "anon_Xy3_55_rnn_basics.ipynb": text(root),
        "fernándezlucía_501_70_rnn_basics.ipynb": text(root),
        "rnn_basics.ipynb": text(root),
    }
    groups = MOODLE.replace("Status,", "Status,Group,").replace('for grading",', 'for grading","Team A",')
    groups = groups.replace('"No submission",', '"No submission","Default group",')
    told = "\n".join(
        collect(A, pack(tmp_path / "s.zip", files), table(tmp_path / "g.csv", groups), force=False)
    )
    assert submitted(root) == {}
    for reason in (
        "kim1 and kim2 in the gradebook could both be 김 민서.",
        "By its number it is Lucía Fernández's, by its name Max Power's.",
        "g.csv has nobody with Moodle's number 77.",
        "The group Team A handed it in: copy it to the folders in submitted/ of Lucía Fernández, 김 민서.",
        "Canvas named it, and g.csv is Moodle's.",
        "neither Moodle nor Canvas named it so.\n    anon_Xy3_55_rnn_basics.ipynb\n    rnn_basics.ipynb",
    ):
        assert reason in told
    assert told.endswith("0 collected, 0 there before, 7 not taken.")


def test_namesakes_are_not_mixed_up_and_an_odd_time_is_told(root: Path, tmp_path: Path):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("mp", first_name="Max", last_name="Power")
    row = '"Participant 14","Max Power",other@example.org,,,10.00,Yes,-,-,\n'
    files = {MINSEO: text(root), "Max Power_14_assignsubmission_file/rnn_basics.ipynb": text(root)}
    odd = (MOODLE + row).replace("Sunday, 22 November 2026, 2:05 PM", "11월 22일 (일)")
    told = "\n".join(collect(A, pack(tmp_path / "s.zip", files), table(tmp_path / "g.csv", odd), force=False))
    assert {*submitted(root)} == {a_notebook("other@example.org"), a_notebook("minseo@example.org")}
    assert stamps(root) == {}
    assert "rnn_basics.ipynb, handed in at a time that cannot be read: 11월 22일 (일)" in told


def test_without_a_table_a_name_is_enough_that_is_there_once(root: Path, tmp_path: Path):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("minseo", first_name="민서", last_name="김")
        gradebook.add_student("max", first_name="Max", last_name="Power")
    files = {
        MINSEO: text(root),
        LUCIA: text(root),
        "Max Power_13_assignsubmission_file/rnn_basics.ipynb": text(root),
        "Max Power_14_assignsubmission_file/rnn_basics.ipynb": text(root),
    }
    told = "\n".join(collect(A, pack(tmp_path / "s.zip", files), None, force=False))
    assert submitted(root) == {a_notebook("minseo"): text(root)}
    assert "Lucía Fernández is not in the gradebook, and no table of grades names an id: give one" in told
    assert "Two people on the platform have one id in the gradebook." in told


def test_wrong_files_are_told_apart_and_damaged_ones_go_to_the_grading(root: Path, tmp_path: Path):
    other = root / "assignments" / "a02_bptt"
    shutil.copytree(Path(__file__).parents[2] / "assignments" / "a02_bptt", other)
    folder = "김 민서_12_assignsubmission_file"
    files = {
        f"{folder}/bptt.ipynb": (other / "bptt.ipynb").read_bytes(),
        f"{folder}/plain.ipynb": nbformat.writes(nbformat.v4.new_notebook()).encode(),
        f"{folder}/essay.pdf": b"%PDF",
        f"{folder}/.ipynb_checkpoints/rnn_basics-checkpoint.ipynb": text(root),
        f"__MACOSX/{folder}/._rnn_basics.ipynb": b"\0",
        LUCIA: text(root)[:100],
    }
    told = "\n".join(
        collect(A, pack(tmp_path / "s.zip", files), table(tmp_path / "g.csv", MOODLE), force=False)
    )
    assert submitted(root) == {a_notebook("lucia@example.org"): text(root)[:100]}
    for reason in ("It is the notebook of a02_bptt.", f"It has no cell of {A}.", "It is no notebook."):
        assert f"Not taken: {reason}" in told
    assert "5 not taken" in told
    assert by_autograder(root, "lucia@example.org")
    assert set(grades(root, "lucia@example.org").values()) == {0.0}


def test_a_hostile_archive_writes_nowhere_else_and_fills_no_disk(root: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 100_000)
    folder = "김 민서_12_assignsubmission_file"
    link = ZipInfo(f"{folder}/link.ipynb")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    files = {
        f"{folder}/../../../../../evil.ipynb": b"{}",
        f"{folder}/..\\..\\evil.ipynb": b"{}",
        f"{tmp_path}/evil.ipynb": b"{}",
        f"{folder}/bomb.ipynb": b" " * 200_000,
        f"{folder}/bomb.zip": zipped({f"{number}.ipynb": b" " * 60_000 for number in range(3)}),
        f"{folder}/many.zip": zipped({f"{number}.ipynb": b"" for number in range(1_001)}),
        f"{folder}/deep.zip": zipped({"deeper.zip": zipped({"rnn_basics.ipynb": b""})}),
        f"{folder}/torn.zip": zipped({"rnn_basics.ipynb": b"1"})[:20],
        f"{folder}/unlimited.zip": zipped({"rnn_basics.ipynb": bytes(200_000)}, ZIP_BZIP2),
        f"{folder}/corrupt.zip": zipped({"rnn_basics.ipynb": text(root)}, ZIP_LZMA).replace(b"\x5d", b"\xff"),
        f"{folder}/long.zip": zipped({f"{'/'.join(['a' * 200] * 30)}/rnn_basics.ipynb": text(root)}),
        f"{folder}/\x1b[2Jclear.txt": b"",
        "Lucía Fernández_11_assignsubmission_file/\x1b[2Jone.ipynb": text(root, "1"),
        "Lucía Fernández_11_assignsubmission_file/two.ipynb": text(root, "2"),
        f"{folder}/Lucía Fernández_11_assignsubmission_file/rnn_basics.ipynb": text(root),  # is not hers
        f"{folder}/home.zip": zipped({"work/rnn_basics.ipynb": text(root)}),  # honest
    }
    archive = pack(tmp_path / "s.zip", files)
    with ZipFile(archive, "a") as more:
        more.writestr(link, "/etc/passwd")
    told = "\n".join(collect(A, archive, table(tmp_path / "g.csv", MOODLE), force=False))
    assert submitted(root) == {a_notebook("minseo@example.org"): text(root)}
    assert not list(tmp_path.rglob("*evil*"))
    assert told.count("evil.ipynb") == 3
    for reason in (
        "Its name leads out of the archive.",
        "It is a link.",
        f"above that.\n    {folder}/bomb.ipynb\n    {folder}/bomb.zip/1.ipynb\n    {folder}/bomb.zip/2.ipynb",
        "It is a zip of more than 1,000 files.",
        "It is a zip inside a student's zip.",
        "It is a zip that cannot be read.",
        f"an uncommon way.\n    {folder}/unlimited.zip/rnn_basics.ipynb\n    {folder}/corrupt.zip/rnn_basics.ipynb",
        "It is not clear which one counts: ?[2Jone.ipynb, two.ipynb.",
    ):
        assert f"{reason}\n" in told
    assert f"Its name is too long.\n    {folder}/long.zip/" in told
    assert "\x1b" not in told


def test_a_students_name_or_file_that_looks_like_another_students_number_takes_nobodys_place(
    root: Path, tmp_path: Path
):
    eve = '"김민서_502_999",507,eve,Section 1,,\n'
    theirs = {
        "김민서_502_999_507_71_rnn_basics.ipynb": text(root, "'evil'"),  # Eve's name
        "anon_Xy3_55_week.zip": zipped({"김민서_502_999_rnn_basics.ipynb": text(root, "'evil'")}),
        "oneilsmithadamae_503_77_502_99_rnn_basics.ipynb": text(
            root
        ),  # a file's name may, nobody is called so
    }
    roster, archive = table(tmp_path / "g.csv", CANVAS + eve), pack(tmp_path / "s.zip", theirs)
    told = "\n".join(collect(A, archive, roster, force=False))
    assert submitted(root) == {a_notebook("ada"): text(root)}
    assert "Its name can be read as 김, 민서's and as 김민서_502_999's." in told
    (root / "downloaded" / A / "archive" / "g.csv").unlink()
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("minseo", lms_user_id="502")
    assert "can be read as more than one person's" in "\n".join(collect(A, None, None, force=False))
    assert {*submitted(root)} == {a_notebook("ada")}


def test_a_name_turned_round_takes_nobodys_place(root: Path, tmp_path: Path):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("kim1", first_name="민서", last_name="김", email="minseo@example.org")
    eve = '"Participant 14","민서 김",eve@example.org,,,10.00,Yes,-,-,\n'
    files = {"민서 김_14_assignsubmission_file/rnn_basics.ipynb": text(root)}
    collect(A, pack(tmp_path / "s.zip", files), table(tmp_path / "g.csv", MOODLE + eve), force=False)
    assert {*submitted(root)} == {a_notebook("eve@example.org")}
    both = (MOODLE + eve).replace("eve@", "minseo@")  # and who claims an id takes it from nobody
    told = "\n".join(collect(A, None, table(tmp_path / "g.csv", both), force=True))
    assert "More than one row of the table could be kim1 in the gradebook." in told
    assert {*submitted(root)} == {a_notebook("eve@example.org")}


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("../x", "cannot be a folder's name"),
        ("--force", "cannot be a folder's name"),
        ("\u202egnp", "cannot be a folder's name"),
        ("a\nb", "cannot be a folder's name"),
        ("<img src=x>", "could run in nbgrader's pages"),
        ("LUCIA", "hardly differs from lucia"),
        ("\uff4cucia", "hardly differs from lucia"),
    ],
)
def test_an_id_that_is_no_name_for_a_folder_or_hardly_another_one_is_not_taken(
    root: Path, tmp_path: Path, number: str, reason: str
):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("lucia")
    roster = table(
        tmp_path / "g.csv", f'Identifier,Full name,ID number,Grade\nParticipant 1,Eve,"{number}",\n'
    )
    files = {"Eve_1_assignsubmission_file/rnn_basics.ipynb": text(root)}
    assert reason in "\n".join(collect(A, pack(tmp_path / "s.zip", files), roster, force=False))
    assert submitted(root) == {}
    assert not list(tmp_path.rglob("x"))


def test_no_name_that_comes_in_is_html(root: Path, tmp_path: Path):
    roster = MOODLE.replace("Max Power", "<img/src=x/onerror=alert(1)> <b>")
    files = {"(imgsrc=xonerror=alert(1)) (b)_13_assignsubmission_file/rnn_basics.ipynb": text(root)}
    collect(A, pack(tmp_path / "s.zip", files), table(tmp_path / "g.csv", roster), force=False)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        eve = gradebook.find_student("max@example.org")
        assert (eve.first_name, eve.last_name) == ("(img/src=x/onerror=alert(1))", "(b)")


def test_a_folder_that_a_browser_unpacked_does_as_well(root: Path, tmp_path: Path):
    for name in (MINSEO, LUCIA):
        path = tmp_path / "Downloads" / "CS-A1-99" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(text(root))
    collect(A, tmp_path / "Downloads" / "CS-A1-99", table(tmp_path / "g.csv", MOODLE), force=False)
    assert len(submitted(root)) == 2


def test_nbgraders_own_command_does_the_same(root: Path, tmp_path: Path):
    folder = root / "downloaded" / A / "archive"
    folder.mkdir(parents=True)
    pack(folder / "s.zip", {MINSEO: text(root), "essay.pdf": b""})
    table(folder / "g.csv", MOODLE)
    app = ZipCollectApp()
    app.initialize([A, "--force"])
    app.start()
    assert submitted(root) == {a_notebook("minseo@example.org"): text(root)}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("cut.zip", b"PK\x03\x04 and no more", "is no zip archive, or was cut off: download it again."),
        ("excel.csv", "Identifier,Grade\nParticipant 1,é".encode("cp1252"), "is not in UTF-8"),
        (
            "other.csv",
            b"Name,Points\nada,3\n",
            "is neither Moodle's grading worksheet nor Canvas's gradebook",
        ),
        ("twice.csv", b"Identifier,Grade\nParticipant 1,\nParticipant 1,\n", "has Moodle's number 1 twice"),
        ("none.zip", None, "There is no"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_changes_nothing(
    root: Path, tmp_path: Path, name: str, content: bytes | None, sentence: str
):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    archive = path if name.endswith(".zip") else pack(tmp_path / "s.zip", {MINSEO: text(root)})
    with pytest.raises(course.CourseError, match=sentence):
        collect(A, archive, path if name.endswith(".csv") else None, force=False)
    assert submitted(root) == {}
    assert not list((root / "downloaded").rglob("*.zip"))
