"""The kernel's own limits on a process, put on from outside."""

from __future__ import annotations

import resource

from rnn_autograder.limits import Limits

# For the day when the launcher can no longer watch. No assignment comes near.
BACKSTOP_CPU_S = 3600
MAX_DESCRIPTORS = 256


def restrain(pid: int, limits: Limits, *, processes: bool = True) -> None:
    """Put the kernel's own limits on a process, from outside; it cannot raise them again.

    Args:
        pid: the process, which must not have run any student code yet.
        limits: what it may use.
        processes: limit those too. The kernel counts them per user: only where the user is the worker's own.
    """
    kernel_limits = {
        # Address space counts shared mappings too, which RLIMIT_DATA alone would let through.
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.disk_bytes,
        resource.RLIMIT_NOFILE: MAX_DESCRIPTORS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: BACKSTOP_CPU_S,
    }
    if processes:
        kernel_limits[resource.RLIMIT_NPROC] = limits.processes
    for kind, most in kernel_limits.items():
        _, allowed = resource.prlimit(pid, kind)
        if allowed != resource.RLIM_INFINITY:
            most = min(most, allowed)
        resource.prlimit(pid, kind, (most, most))
