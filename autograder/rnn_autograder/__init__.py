"""Trusted grading for the course: student code returns values, never verdicts.

Students need one name of it: `from rnn_autograder import check`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_autograder.selfcheck import Panel

__all__ = ["check"]


def check(function: Callable[..., Any]) -> Panel:
    """Check one function of an assignment and draw what is right, what is not, and which mistake it looks like.

    Nothing is sent anywhere and nothing is graded: the function runs here, on public cases. In a script the panel is
    printed.

    Args:
        function: what you wrote, under the exercise's name: `check(rnn_step_forward)`.
    """
    # Only now: the sandboxed worker imports this package too, and has no business with checks.
    from rnn_autograder.selfcheck import panel_of

    return panel_of(function)
