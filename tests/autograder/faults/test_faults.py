"""Faults while a class is graded: run again, and the grades are the same; none is lost, twice, or a false zero."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from classes import Once, grade, start
from distributed.utils import json_load_robust
from harness import KINDS, alive, graded, kill_one, kill_while_graded, make_class, outcome, processes

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, by the dozen
    pytest.mark.usefixtures("isolation"),
]
STUDENTS = 12
PATIENCE_S = 180  # for a machine that is busy


@pytest.fixture
def chance() -> random.Random:
    """When and whom it hits: other moments each time; the number is printed, and repeats them."""
    number = int(os.environ.get("FAULTS_SEED") or secrets.randbits(32))
    print(f"FAULTS_SEED={number}")
    return random.Random(number)


@pytest.fixture(scope="session")
def kinds(once: Once) -> dict[str, Any]:
    return once("undisturbed", _grade_one_of_each)


def _grade_one_of_each(course: Path) -> dict[str, Any]:
    make_class(course, KINDS)
    done = grade(course, "--workers", "1")
    assert done.returncode == 0, done.stderr
    return outcome(course)


@pytest.fixture
def undisturbed(kinds: dict[str, Any]) -> dict[str, Any]:
    """What an undisturbed class comes to: a grade depends on the notebook and on nothing else."""
    return like(kinds, STUDENTS)


def like(kinds: dict[str, Any], students: int) -> dict[str, Any]:
    return {f"student-{number:03}": kinds[f"student-{number % KINDS:03}"] for number in range(students)}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make_class(tmp_path, STUDENTS)
    return tmp_path


def ends_like(undisturbed: dict[str, Any], course: Path, *options: str) -> bool:
    """Grade what is left: nothing may differ."""
    done = grade(course, *options or ("--workers", "1"))  # a second one costs more to start than it saves
    assert done.returncode == 0, done.stderr
    assert outcome(course) == undisturbed
    return True


@pytest.mark.parametrize(("kind", "times"), [("sandboxed", 6), ("zygote", 3), ("worker", 3)])
def test_kill_9_below_the_grader_changes_no_grade(
    course: Path, undisturbed: dict[str, Any], chance: random.Random, kind: str, times: int
):
    code, errors = kill_while_graded(course, kind, chance, times)
    assert "Traceback" not in errors
    kept = outcome(course)
    assert kept == {student: undisturbed[student] for student in kept}
    assert code == (0 if len(kept) == STUDENTS else 1), errors
    assert ends_like(undisturbed, course)


def test_kill_9_of_the_grader_loses_nothing_and_leaves_nothing_running(
    course: Path, undisturbed: dict[str, Any], chance: random.Random
):
    for _ in range(3):
        with start(course) as grader:
            wait_for(graded(course) + chance.randrange(4), course, grader, chance)
            family = processes(grader.pid, "all")
            grader.kill()
        assert alive(family) == []
    assert ends_like(undisturbed, course)
    assert f"0 graded, {STUDENTS} before" in grade(course, "--cold").stdout


@pytest.mark.skipif("FAULTS_STUDENTS" not in os.environ, reason="takes minutes: `make faults` runs it")
def test_a_class_comes_to_its_grades_while_workers_and_then_the_grader_are_killed(
    tmp_path: Path, kinds: dict[str, Any], chance: random.Random
):
    students = int(os.environ["FAULTS_STUDENTS"])
    make_class(tmp_path, students)
    for first, second in ((students // 6, students // 3), (students // 2, 2 * students // 3)):
        with start(tmp_path) as grader:
            wait_for(first, tmp_path, grader, chance)
            kill_one(grader.pid, "worker", chance)
            wait_for(second, tmp_path, grader, chance)
            grader.kill()
    assert ends_like(like(kinds, students), tmp_path)


def wait_for(notebooks: int, course: Path, grader: subprocess.Popen[str], chance: random.Random) -> None:
    """Until so many are graded, and a moment."""
    while graded(course) < notebooks and grader.poll() is None:
        time.sleep(0.05)
    time.sleep(chance.uniform(0, 0.5))


def test_kill_9_of_a_scheduler_is_told_and_the_next_run_goes_on(course: Path, undisturbed: dict[str, Any]):
    with cluster(course) as (address, scheduler), start(course, "--scheduler", address) as grader:
        while not graded(course) and grader.poll() is None:
            time.sleep(0.05)
        scheduler.kill()
        _, errors = grader.communicate()
    assert grader.returncode == 1, errors
    assert "The scheduler is gone" in errors
    assert "Traceback" not in errors
    with cluster(course) as (address, _):
        assert ends_like(undisturbed, course, "--scheduler", address)


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, subprocess.Popen[Any]]]:
    """A scheduler of Dask and a worker, as processes of their own; the first writes down where it listens."""
    contact = folder / f"scheduler-{secrets.token_hex(4)}.json"
    dask, quiet = [sys.executable, "-m", "dask"], {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    where = ["--scheduler-file", str(contact), "--no-dashboard"]
    with (
        subprocess.Popen(
            [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *where], **quiet
        ) as scheduler,
        subprocess.Popen([*dask, "worker", "--nthreads", "1", "--no-nanny", *where], **quiet) as worker,
    ):
        try:
            yield json_load_robust(contact, timeout=PATIENCE_S)["address"], scheduler
        finally:
            worker.kill()
            scheduler.kill()


def test_a_gradebook_that_is_locked_for_longer_than_sqlite_waits_is_waited_for(
    course: Path, undisturbed: dict[str, Any]
):
    with start(course, "--workers", "1") as grader:
        while not graded(course) and grader.poll() is None:
            time.sleep(0.05)
        with sqlite3.connect(course / "gradebook.db", isolation_level=None, timeout=PATIENCE_S) as held:
            held.execute("BEGIN EXCLUSIVE")
            before = graded(course)
            assert any("locked by another program" in line for line in grader.stderr)
            assert graded(course) <= before + 1  # one may have been moved into its place, and waits
            held.execute("ROLLBACK")
        held.close()
        _, errors = grader.communicate()
    assert grader.returncode == 0, errors
    assert ends_like(undisturbed, course)


def test_a_full_disk_is_named_and_once_there_is_room_the_rest_is_graded(
    course: Path, undisturbed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
):
    """The course lies on a disk of its own, in a mount namespace: as root, or as an ordinary user who is one there."""
    back, disk = tmp_path_factory.mktemp("back"), tmp_path_factory.mktemp("disk")
    script = f"""
        set -e
        mount -t tmpfs -o size=16m none {disk}
        cp -a {course}/. {disk}
        cd {disk}
        dd if=/dev/zero of=full bs=1k count=$(( $(df -k --output=avail . | tail -1) - 400 )) status=none
        {sys.executable} -m rnn_autograder grade a01_rnn_basics > {back}/said 2> {back}/errors && exit 9
        rm full
        cp -a . {back}/course
    """
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("nobody may mount here")
    done = subprocess.run([*unshare, "sh", "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    errors = (back / "errors").read_text()
    assert "was not graded" in errors
    assert "full" in errors or "No space left" in errors
    assert "Traceback" not in errors
    assert ends_like(undisturbed, back / "course")


CLOCK = r"""
    /* The clock of the wall is as far off as a file says; the one that only counts is left alone. */
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/time.h>
    #include <time.h>
    static long off(void) {
        long seconds = 0;
        FILE *file = fopen(getenv("CLOCK_OFF"), "r");
        if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
        return seconds;
    }
    int clock_gettime(clockid_t clock, struct timespec *now) {
        int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
        int status = real(clock, now);
        if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += off();
        return status;
    }
    int gettimeofday(struct timeval *now, void *zone) {
        int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
        int status = real(now, zone);
        now->tv_sec += off();
        return status;
    }
    time_t time(time_t *now) {
        struct timespec exact;
        clock_gettime(CLOCK_REALTIME, &exact);
        if (now) *now = exact.tv_sec;
        return exact.tv_sec;
    }
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler, for a clock that jumps")
def test_a_clock_that_jumps_by_a_day_and_back_changes_nothing(
    course: Path, undisturbed: dict[str, Any], chance: random.Random, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(CLOCK)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c", "-ldl"], check=True
    )
    off = folder / "off"
    off.write_text("0")
    here = os.environ | {"LD_PRELOAD": str(folder / "clock.so"), "CLOCK_OFF": str(off)}
    off.write_text("86400")
    seen = subprocess.run(["date", "+%s"], env=here, capture_output=True, text=True, check=True).stdout
    assert int(seen) > time.time() + 80_000, "or this tests nothing"
    with start(course, env=here) as grader:
        for seconds in (0, 86400, -86400, 0, 86400):
            off.write_text(str(seconds))
            wait_for(min(graded(course) + 2, STUDENTS), course, grader, chance)
        _, errors = grader.communicate()
    assert grader.returncode == 0, errors
    assert ends_like(undisturbed, course)


# A tool of ours that fails


@contextmanager
def failing(tool: str, when: str, folder: Path) -> Iterator[dict[str, str]]:
    """An environment in which a program fails on a condition, in words of a shell."""
    real = shutil.which(tool)
    folder.mkdir()
    (folder / tool).write_text(
        f'#!/bin/sh\nif {when}; then echo "{tool}: out of order" >&2; exit 1; fi\nexec {real} "$@"\n'
    )
    (folder / tool).chmod(0o755)
    yield os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_a_fault_that_passes_is_retried_and_nobody_notices(
    course: Path, undisturbed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
):
    """Every third cage cannot be built. One worker counts them: the cages of two could meet the third by turns."""
    folder = tmp_path_factory.mktemp("tools")
    count = (
        f"echo >> {folder}/count; [ -e {course}/autograded ] && [ $(( $(wc -l < {folder}/count) % 3 )) = 0 ]"
    )
    with failing("bwrap", count, folder / "bin") as here:
        done = grade(course, "--workers", "1", env=here)
    assert done.returncode == 0, done.stderr
    assert outcome(course) == undisturbed


def test_a_fault_that_stays_is_named_and_never_a_zero(
    course: Path, undisturbed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
):
    """No more cages, once the first are graded. Many workers would have theirs by then."""
    folder = tmp_path_factory.mktemp("tools")
    with failing("bwrap", f"[ -e {course}/autograded ]", folder / "bin") as here:
        done = grade(course, "--workers", "1", env=here)
    assert done.returncode == 1, done.stderr
    kept = outcome(course)
    assert 0 < len(kept) < STUDENTS
    assert kept == {student: undisturbed[student] for student in kept}
    for student in undisturbed.keys() - kept.keys():
        assert f"{student} was not graded: " in done.stderr
    assert "out of order" in done.stderr
    assert ends_like(undisturbed, course)
