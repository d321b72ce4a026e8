"""Where student code runs: isolated, limited, and never trusted."""

import sys

if sys.platform != "linux":
    from rnn_autograder.course import CourseError

    raise CourseError(
        "Grading needs Linux, which alone has what isolates strangers' code. Elsewhere grade in the container: "
        "docs/install.md. Lectures, check(...) and `autograder check` run anywhere."
    )
