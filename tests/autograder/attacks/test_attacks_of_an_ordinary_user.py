"""Instructors are rarely root. Root runs the class again as somebody else: in the cage of tier A, and in tier B."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox.test_ordinary_user import NO_NAMESPACES, as_ordinary_user

ATTACKS = Path(__file__).with_name("test_attacks_on_a_class.py")
PATIENCE_S = 1800


@pytest.mark.parametrize(("tier", "inside"), [("A", []), ("B", NO_NAMESPACES)])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; the class was a user's")
def test_the_class_is_graded_as_safely_by_an_ordinary_user(tier: str, inside: list[str]):
    command = ["env", f"UNROLLED_TEST_TIER={tier}", *as_ordinary_user(), *inside, sys.executable]
    tried = subprocess.run([*command, "-c", "import pytest"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"an ordinary user cannot run these here: {tried.stdout}{tried.stderr[-300:]}")
    tests = f"-m pytest {ATTACKS} -q -p no:cacheprovider -p no:xdist -p no:hypothesispytest --tb=line".split()
    done = subprocess.run([*command, *tests], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
