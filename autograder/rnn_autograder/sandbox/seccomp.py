"""The system calls that student code is refused. They fail with an error that Python can explain.

Threads are allowed; processes only where an assignment says so: what cannot fork leaves nothing behind.
"""

from __future__ import annotations

import errno
import signal
import socket
import tempfile
from typing import Any

PR_SET_PDEATHSIG = 1
CLONE_THREAD = 0x00010000
# Namespaces of each kind: mount, control group, host name, IPC, user, process, network.
NEW_NAMESPACES = [1 << bit for bit in (17, 25, 26, 27, 28, 29, 30)]

REFUSED = {
    "other processes": "ptrace process_vm_readv process_vm_writev kcmp pidfd_open pidfd_getfd"
    " setpriority ioprio_set sched_setaffinity sched_setparam sched_setscheduler sched_setattr",
    "namespaces and mounts": "unshare setns mount umount2 pivot_root chroot"
    " open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr",
    "files by number": "name_to_handle_at open_by_handle_at",
    # Memory that no limit counts once it is detached or unmapped.
    "memory outside the address space": "memfd_create memfd_secret shmget shmat msgget semget mq_open",
    "limits": "setrlimit",
    "keys": "keyctl add_key request_key",
    "doors to the kernel": "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register"
    " personality modify_ldt fanotify_init",
    "the machine": "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff"
    " iopl ioperm acct quotactl syslog vhangup sethostname setdomainname"
    " settimeofday clock_settime clock_adjtime adjtimex",
}
PROCESSES = "fork vfork"
# Landlock does not look at these: without a cage they would reach all that belongs to the same user.
ATTRIBUTES = (
    "chmod fchmodat fchmodat2 chown lchown fchownat setxattr lsetxattr removexattr lremovexattr"
    " utime utimes utimensat futimesat"
)
PROGRAMS = "execve execveat"
SOCKETS = "socket bind connect listen accept accept4"

# Where each call has its signal. A death by SIGKILL is then the machine's doing, not the student's.
SIGNALS = {
    "kill": 1, "tkill": 1, "tgkill": 2, "rt_sigqueueinfo": 1, "rt_tgsigqueueinfo": 2, "pidfd_send_signal": 1,
}  # fmt: skip


def load(*, caged: bool, processes: bool) -> None:
    """Refuse these calls to this process and to all that it starts, for good.

    Args:
        caged: whether its files are its own; if not, it may not change whose they are and what they may.
        processes: whether it may start processes and programs, and join them by local sockets.

    Raises:
        RuntimeError: libseccomp is not installed.
        OSError: the kernel refused.
    """
    _rules(caged=caged, processes=processes, programs=processes).load()


def program() -> bytes:
    """The filter as the kernel reads it (BPF), for a program that is still to be started.

    Raises:
        RuntimeError: libseccomp is not installed.
    """
    with tempfile.TemporaryFile() as file:
        _rules(caged=True, processes=False, programs=True).export_bpf(file)
        file.seek(0)
        return file.read()


def _rules(*, caged: bool, processes: bool, programs: bool) -> Any:
    """A call by the rules of another architecture (32-bit code on a 64-bit machine) kills the caller."""
    import pyseccomp as seccomp  # here, so that a machine without libseccomp can still be told so

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    refused = " ".join(REFUSED.values())
    if not processes:
        refused += f" {PROCESSES} {SOCKETS}"
        rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_THREAD, 0))
        # A pair of datagram sockets reaches every socket that has a name; asyncio needs only streams.
        rules.add_rule(refuse, "socketpair", seccomp.Arg(1, seccomp.MASKED_EQ, 0xF, socket.SOCK_DGRAM))
    else:
        rules.add_rule(refuse, "socket", seccomp.Arg(0, seccomp.NE, socket.AF_UNIX))
        for kind in NEW_NAMESPACES:
            rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, kind, kind))
    if not programs:
        refused += f" {PROGRAMS}"
    if not caged:
        refused += f" {ATTRIBUTES}"
    for name in refused.split():
        rules.add_rule(refuse, name)
    # Its flags are behind a pointer, where a filter cannot look. "Unknown" makes the C library use clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for name, position in SIGNALS.items():
        rules.add_rule(refuse, name, seccomp.Arg(position, seccomp.EQ, signal.SIGKILL))
    rules.add_rule(refuse, "prlimit64", seccomp.Arg(2, seccomp.NE, 0))  # a new limit, for whomever
    # The worker dies with whoever started it and may not change that.
    rules.add_rule(
        refuse,
        "prctl",
        seccomp.Arg(0, seccomp.EQ, PR_SET_PDEATHSIG),
        seccomp.Arg(1, seccomp.NE, signal.SIGKILL),
    )
    return rules
