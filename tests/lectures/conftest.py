import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("agg")
# The lectures import what lies beside them.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lectures"))

pytest.register_assert_rewrite("lecture_figures")


@pytest.fixture
def course_style() -> Iterator[None]:
    """Draw as the lectures do."""
    import figures

    with plt.style.context(Path(figures.__file__).with_name("course.mplstyle")):
        yield
