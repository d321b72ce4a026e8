"""What isolation there is on this machine, found out by trying it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rnn_autograder.limits import InfrastructureFault, Limits
from rnn_autograder.sandbox import bubblewrap, seccomp

# Small enough to be reached within milliseconds.
LIMITS = Limits(memory_bytes=1 << 30, processes=8, disk_bytes=1 << 20)
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Isolation:
    """What stands between student code and this machine.

    Attributes:
        tier: `A`: namespaces, a filter of system calls and limits, each tried. `none`: nothing.
        summary: the same in a sentence.
        findings: what was tried and did not hold, and what would mend it.
        user_namespace: how the cage is made; see `bubblewrap.start`.
    """

    tier: str
    summary: str
    findings: tuple[str, ...] = ()
    user_namespace: bool = True


class IsolationUnavailable(Exception):
    """No isolation, no grading. `findings` tell what was tried and what would mend it."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        super().__init__("There is no isolation on this machine. " + " ".join(findings))
        self.findings = findings


# Runs in the cage and tries to break out. Prints what it could do that it should not.
BREAKOUT = """
import json, mmap, os, socket, sys, threading
secret, package = sys.argv[1:3]
breaches = []

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

refused(lambda: os.stat(secret), "files of this machine can be seen")
refused(lambda: open("/outside", "w"), "the root folder can be written")
refused(fill, "the working folder has no size")
refused(lambda: mmap.mmap(-1, 2 << 30), "memory is not limited")
refused(fork, "processes can be started")
refused(lambda: socket.socket(), "sockets can be made")
if len(open("/proc/net/dev").readlines()) > 3:
    breaches.append("the network is there")
if sorted(name for name in os.listdir("/proc") if name.isdigit()) != ["1", "2"]:
    breaches.append("other processes can be seen")
if os.getuid() == 0 or "CapEff:\\t0000000000000000" not in open("/proc/self/status").read():
    breaches.append("it has rights of root")
if not os.access(package, os.R_OK):
    breaches.append(f"{package} cannot be read: `chmod -R a+rX` its folder")

stop, threads = threading.Event(), []
try:
    while len(threads) < 64:
        thread = threading.Thread(target=stop.wait)
        thread.start()
        threads.append(thread)
    breaches.append("threads are not limited")
except RuntimeError:
    if len(threads) < 4:
        breaches.append("threads are refused, which needs Linux 5.14 or newer")
stop.set()
print(json.dumps(breaches))
"""


@functools.cache
def probe() -> Isolation:
    """Try to isolate a process, from inside it. Remembered for the life of this one."""
    missing = _missing()
    if missing:
        return Isolation("none", "no isolation: something is missing", missing)
    findings: list[str] = []
    # As root without a user namespace if it can be: then the worker is not root outside either.
    for user_namespace in [False, True] if os.geteuid() == 0 else [True]:
        finding = _try(user_namespace)
        if finding is None:
            how = "a user namespace" if user_namespace else "a user of its own"
            return Isolation("A", f"tier A: bubblewrap with {how}, seccomp and limits", (), user_namespace)
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
        missing.append(f"bubblewrap is not installed. Type: {_install('bubblewrap')}")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        missing.append(f"setpriv is not installed. Type: {_install('util-linux')}")
    try:
        seccomp.program()
    except RuntimeError:
        missing.append(f"libseccomp is not installed. Type: {_install('libseccomp2', 'libseccomp')}")
    return tuple(missing)


def _install(debian: str, elsewhere: str | None = None) -> str:
    """The line to type on this machine."""
    for manager, words in {"dnf": "dnf install", "pacman": "pacman -S", "zypper": "zypper install"}.items():
        if shutil.which(manager):
            return f"sudo {words} {elsewhere or debian}"
    return f"sudo apt-get install {debian}"


def _try(user_namespace: bool) -> str | None:
    """Break out of a cage; returns what came of it, None if nothing did."""
    way = "With a user namespace" if user_namespace else "As root"
    package = str(Path(__file__).parents[1] / "__init__.py")
    with tempfile.NamedTemporaryFile() as secret:
        argv = [sys.executable, "-I", "-c", BREAKOUT, secret.name, package]
        try:
            process = bubblewrap.start(argv, LIMITS, user_namespace=user_namespace)
        except InfrastructureFault as fault:
            return f"{way}: {fault}"
        with contextlib.closing(process):
            if not process.ended(PATIENCE_S):
                return f"{way}: a process in the cage was not done after {PATIENCE_S:g} seconds."
            said = process.last_words()
    try:
        breaches = json.loads(said)
    except ValueError:
        return f"{way}: no process could be started in the cage. {said}"
    return f"{way}: {'; '.join(breaches)}." if breaches else None


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
                remedies.append(f"This machine forbids user namespaces. Type: sudo sysctl -w {name}={open_}")
    return remedies or ["In a container, namespaces have to be allowed: docker run --privileged"]
