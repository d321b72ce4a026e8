"""The system calls that student code is refused. They fail with an error that Python can explain.

Threads are allowed, processes are not: what cannot fork leaves nothing behind.
"""

from __future__ import annotations

import errno
import functools
import signal
import tempfile

PR_SET_PDEATHSIG = 1
CLONE_THREAD = 0x00010000

REFUSED = {
    "new processes": "fork vfork",
    "other processes": "ptrace process_vm_readv process_vm_writev kcmp pidfd_open",
    "namespaces and mounts": "unshare setns mount umount2 pivot_root chroot"
    " open_tree move_mount fsopen fsconfig fsmount fspick",
    "files by number": "name_to_handle_at open_by_handle_at",
    "the network": "socket",
    # Memory that no limit counts once it is detached or unmapped.
    "memory outside the address space": "memfd_create shmget shmat msgget semget mq_open",
    "keys": "keyctl add_key request_key",
    "doors to the kernel": "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register"
    " personality modify_ldt fanotify_init",
    "the machine": "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff"
    " iopl ioperm acct quotactl syslog vhangup sethostname setdomainname"
    " settimeofday clock_settime clock_adjtime adjtimex",
}


@functools.cache
def program() -> bytes:
    """The filter as the kernel reads it (BPF), for this machine's architecture.

    A call by the rules of another architecture (32-bit code on a 64-bit machine) kills the caller.

    Raises:
        RuntimeError: libseccomp is not installed.
    """
    import pyseccomp as seccomp  # here, so that a machine without libseccomp can still be told so

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    for names in REFUSED.values():
        for name in names.split():
            rules.add_rule(refuse, name)
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_THREAD, 0))
    # Its flags are behind a pointer, where a filter cannot look. "Unknown" makes the C library use clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    # The worker dies with its launcher and may not change that.
    rules.add_rule(
        refuse,
        "prctl",
        seccomp.Arg(0, seccomp.EQ, PR_SET_PDEATHSIG),
        seccomp.Arg(1, seccomp.NE, signal.SIGKILL),
    )
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
