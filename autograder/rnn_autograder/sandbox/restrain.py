"""The kernel's own limits on a process."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the zygote imports this module, and nothing that imports NumPy
    from rnn_autograder.limits import Limits

# For the day when the launcher can no longer watch. No assignment comes near.
BACKSTOP_CPU_S = 3600
MAX_DESCRIPTORS = 256


def kernel_limits(limits: Limits, *, processes: bool = True) -> dict[int, int]:
    """The kernel's number for each of its limits, and the most that is allowed.

    Args:
        limits: what may be used.
        processes: limit those too. The kernel counts them per user: only where the user is the worker's own.
    """
    most = {
        # Address space counts shared mappings too, which RLIMIT_DATA alone would let through.
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.disk_bytes,
        resource.RLIMIT_NOFILE: MAX_DESCRIPTORS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: BACKSTOP_CPU_S,
    }
    return {**most, resource.RLIMIT_NPROC: limits.processes} if processes else most


def restrain(pid: int, limits: Mapping[int, int]) -> None:
    """Put limits on a process, which must not have run any student code yet; it cannot raise them again.

    Args:
        pid: the process; 0 is the one that asks.
        limits: as `kernel_limits` gives them.
    """
    for kind, most in limits.items():
        _, allowed = resource.prlimit(pid, kind)
        if allowed != resource.RLIM_INFINITY:
            most = min(most, allowed)
        resource.prlimit(pid, kind, (most, most))
