"""What isolation there is on this machine, found out by trying it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rnn_autograder.exercise import Stopped
from rnn_autograder.limits import InfrastructureFault, LimitReached, Limits
from rnn_autograder.sandbox import landlock, seccomp
from rnn_autograder.sandbox.line import Worker
from rnn_autograder.sandbox.nursery import Isolation, Zygote

# Small enough to be reached within milliseconds.
LIMITS = Limits(memory_bytes=1 << 30, processes=8, disk_bytes=1 << 20)
PATIENCE_S = 60.0
TRIALS = 3  # one that somebody disturbed, short of memory, says nothing about the isolation
LANDLOCK_SCOPES_SIGNALS = 6  # from this version of its interface on, Linux 6.12


# Runs where student code would, and tries to break out. Says what it could do that it should not.
BREAKOUT = """
import ctypes, errno, json, mmap, os, socket, sys, threading, time
tier, secret, parent, package = {arguments}
breaches = []

def say(what):
    frame = json.dumps(what).encode()
    os.write(int(sys.argv[-1]), len(frame).to_bytes(4, "big") + frame)

def refused(action, breach):
    try:
        action()
    except (OSError, MemoryError):
        return
    breaches.append(breach)

def fork():
    if os.fork() == 0:
        os._exit(0)

def fill():
    with open("full", "wb") as file:
        file.write(bytes(2 << 20))

refused(lambda: open(secret), "files of this machine can be read")
refused(lambda: os.chmod(secret, 0o777), "files of this machine can be changed")
refused(lambda: os.listdir(os.path.dirname(secret)), "folders of this machine can be read")
refused(lambda: open(os.path.dirname(secret) + "/outside", "w"), "other folders can be written")
refused(lambda: os.kill(parent, 0), "other processes can be reached")
refused(fill, "the working folder has no size")
refused(lambda: mmap.mmap(-1, 2 << 30), "memory is not limited")
refused(fork, "processes can be started")
libc = ctypes.CDLL(None, use_errno=True)
if libc.execve(None, None, None) and ctypes.get_errno() != errno.EPERM:
    breaches.append("programs can be started")
refused(lambda: socket.socket(), "sockets can be made")
if os.getuid() == 0:
    breaches.append("it is root")
if not os.access(package, os.R_OK):
    breaches.append(f"{{package}} cannot be read: `chmod -R a+rX` its folder")
if tier == "A":
    if len(open("/proc/net/dev").readlines()) > 3:
        breaches.append("the network is there")
    if sorted(name for name in os.listdir("/proc") if name.isdigit()) != ["1", "2"]:
        breaches.append("other processes can be seen")
    if "CapEff:\\t0000000000000000" not in open("/proc/self/status").read():
        breaches.append("it has rights of root")
else:
    refused(lambda: os.listdir("/proc"), "other processes can be seen")

say(breaches)
started = 0
try:
    while started < 64:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        started += 1
    time.sleep(5)  # where the kernel does not count them, we do
    say(["threads are not limited"])
except RuntimeError:
    say(["threads are refused, which needs Linux 5.14 or newer"] if started < 4 else [])
"""


@functools.cache
def probe() -> Isolation:
    """Try to isolate a process, from inside it. Remembered for the life of this one."""
    missing = _missing()
    if not sys.platform.startswith("linux"):
        return Isolation("none", "no isolation: something is missing", missing)
    findings = list(missing)
    for isolation in _ways():
        finding = _try(isolation)
        if finding is None:
            return replace(isolation, findings=tuple(findings))
        findings.append(finding)
    return Isolation("none", "no isolation: it was tried and does not hold", (*findings, *_remedies()))


def _missing() -> tuple[str, ...]:
    """What has to be installed first."""
    if not sys.platform.startswith("linux"):
        return (
            f"Isolation needs Linux; this is {sys.platform}. Grade in a Linux container or virtual machine.",
        )
    missing = []
    if shutil.which("bwrap") is None:
        missing.append(f"bubblewrap is not installed. Type\n    {_install('bubblewrap')}")
    try:
        seccomp.program()
    except RuntimeError:
        missing.append(f"libseccomp is not installed. Type\n    {_install('libseccomp2', 'libseccomp')}")
    return tuple(missing)


def _install(debian: str, elsewhere: str | None = None) -> str:
    """The line to type on this machine."""
    for manager, words in {"dnf": "dnf install", "pacman": "pacman -S", "zypper": "zypper install"}.items():
        if shutil.which(manager):
            return f"sudo {words} {elsewhere or debian}"
    return f"sudo apt-get install {debian}"


def _ways() -> Iterator[Isolation]:
    """What could be tried here, the best first."""
    known = landlock.version()
    besides = "seccomp, Landlock and limits" if known else "seccomp and limits"
    if shutil.which("bwrap"):
        # As root without a user namespace if it can be: then the worker is not root outside either.
        for user_namespace in [False, True] if os.geteuid() == 0 else [True]:
            how = "a user namespace" if user_namespace else "a user of its own"
            yield Isolation("A", f"tier A: bubblewrap with {how}, {besides}", (), user_namespace)
    if known >= LANDLOCK_SCOPES_SIGNALS:
        yield Isolation("B", f"tier B: no namespaces; {besides}", (), user_namespace=False)


def _try(isolation: Isolation) -> str | None:
    """What speaks against it, None if nothing does. Less isolation is no answer to a trial that was disturbed."""
    for _ in range(TRIALS):
        try:
            breaches = _break_out(isolation)
        except (InfrastructureFault, Stopped, ValueError) as error:
            finding = f"{isolation.summary}: {error}"
        else:
            return f"{isolation.summary}: {'; '.join(breaches)}." if breaches else None
    return finding


def _break_out(isolation: Isolation) -> list[str]:
    """Try it from inside; returns what came of it."""
    package = str(Path(__file__).parents[1] / "__init__.py")
    breaches: list[str] = []
    # In a folder of its own: of the folder for temporary files a cage may show a part, where the checkout lies in it.
    with tempfile.TemporaryDirectory() as folder, Zygote(warm=False) as zygote:
        secret = Path(folder, "secret")
        secret.touch()
        os.chmod(folder, 0o777)  # it is not this that shall keep it
        arguments = (isolation.tier, str(secret), os.getpid(), package)
        process = zygote.fork(LIMITS, isolation, BREAKOUT.format(arguments=arguments))
        with contextlib.closing(process):
            worker = Worker(process, LIMITS, isolation)
            try:
                for _ in range(2):
                    breaches += json.loads(worker.receive(cpu_s=PATIENCE_S, wall_s=PATIENCE_S))
            except LimitReached as limit:
                if limit.limit != "threads":
                    breaches.append(limit.sentence)
    return breaches


def _remedies() -> list[str]:
    """What forbids namespaces here, and the one line that would allow them."""
    switches = {
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
        "/proc/sys/kernel/unprivileged_userns_clone": ("0", "1"),
        "/proc/sys/user/max_user_namespaces": ("0", "10000"),
    }
    remedies = []
    for path, (closed, open_) in switches.items():
        with contextlib.suppress(OSError):
            if Path(path).read_text().strip() == closed:
                name = path.removeprefix("/proc/sys/").replace("/", ".")
                remedies.append(
                    f"This machine forbids user namespaces. Type\n    sudo sysctl -w {name}={open_}"
                )
    return remedies or ["In a container, namespaces have to be allowed: docs/admins.md has the options."]
