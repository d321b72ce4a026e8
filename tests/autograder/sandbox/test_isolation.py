"""What student code cannot reach, seen from inside."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

import rnn_autograder
from rnn_autograder.sandbox import bubblewrap

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_no_socket_can_be_made(answer, family):
    assert answer(f"say(attempt(lambda: socket.socket(socket.{family})))") == "PermissionError"


def test_there_is_no_network_behind_it_either(caged, answer):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(b"\0rnn_autograder test")
        listening.listen()
        assert "rnn_autograder test" in Path("/proc/net/unix").read_text()
        code = """
        interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
        say([interfaces, "rnn_autograder test" in open("/proc/net/unix").read()])
        """
        assert answer(code) == [["lo"], False]


def test_an_event_loop_runs(answer):
    assert answer("import asyncio; say(asyncio.run(asyncio.sleep(0, 'ran')))") == "ran"


def test_files_of_this_machine_are_not_there(answer, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    paths = [
        secret,
        REPOSITORY / "solutions",
        REPOSITORY / "tests",
        REPOSITORY / ".git",
        Path.home() / ".bashrc",
    ]
    paths += map(Path, ["/etc/passwd", "/etc/hostname", "/var", "/run", "/boot", "/bin/sh", "/usr/share/doc"])
    code = f"""
    def readable(path):
        return "<" in attempt(lambda: open(path)) or "[" in attempt(lambda: os.listdir(path))
    say([path for path in {[str(path) for path in paths]} if readable(path)])
    """
    assert answer(code) == []


def test_files_of_this_machine_cannot_be_seen(caged, answer, tmp_path):
    paths = [str(tmp_path), str(REPOSITORY / "solutions"), "/etc/passwd", "/var", "/run", "/bin/sh"]
    assert answer(f"say([path for path in {paths} if os.path.lexists(path)])") == []


def test_files_of_this_machine_cannot_be_changed(answer, tmp_path):
    mine = tmp_path / "gradebook.db"
    mine.write_text("grades")
    before = mine.stat().st_mode, mine.stat().st_mtime
    ways = [
        f"os.chmod({str(mine)!r}, 0o777)",
        f"os.utime({str(mine)!r}, (0, 0))",
        f"os.chown({str(mine)!r}, os.getuid(), os.getgid())",
        f"os.setxattr({str(mine)!r}, 'user.a', b'')",
        f"os.truncate({str(mine)!r}, 0)",
        f"os.unlink({str(mine)!r})",
        f"os.rename({str(mine)!r}, 'mine')",
        f"os.link({str(mine)!r}, 'mine')",
        f"os.mkdir({str(tmp_path / 'new')!r})",
        f"os.mkfifo({str(tmp_path / 'new')!r})",
        f"open({str(mine)!r}, 'a')",
    ]
    code = "".join(f"\nmade.append(attempt(lambda: {way}))" for way in ways)
    assert "None" not in answer(f"made = []{code}\nsay(made)")
    assert (mine.stat().st_mode, mine.stat().st_mtime) == before
    assert mine.read_text() == "grades"
    assert os.listdir(tmp_path) == ["gradebook.db"]


def test_other_processes_cannot_be_reached(answer):
    with subprocess.Popen(["sleep", "1000"]) as other:
        ways = [
            f"os.kill({other.pid}, 15)",
            f"os.kill({os.getpid()}, 0)",
            f"resource.prlimit({other.pid}, resource.RLIMIT_CPU, (1, 1))",
            f"os.setpriority(os.PRIO_PROCESS, {other.pid}, 19)",
            "os.setpriority(os.PRIO_USER, os.getuid(), 19)",
            f"os.sched_setaffinity({other.pid}, {{0}})",
            f"open('/proc/{other.pid}/environ', 'rb')",
            f"open('/proc/{os.getpid()}/mem', 'rb')",
            f"os.readlink('/proc/{os.getpid()}/cwd')",
        ]
        code = "".join(f"\nmade.append(attempt(lambda: {way}))" for way in ways)
        made = answer(f"import resource\nmade = []{code}\nattempt(lambda: os.kill(-1, 15))\nsay(made)")
        lives = other.poll() is None
        other.kill()
    assert lives
    assert [word for word in made if "Error" not in word] == []


def test_sockets_with_names_cannot_be_reached(answer, tmp_path):
    """Not even by the sockets that can be made: in pairs."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        os.chmod(path, 0o777)
        server.setblocking(False)
        ways = [
            f"socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', {path!r})",
            f"socket.socketpair(type=socket.SOCK_SEQPACKET)[0].sendto(b'x', {path!r})",
            f"socket.socketpair()[0].sendto(b'x', {path!r})",
            f"socket.socketpair()[0].connect({path!r})",
            "socket.socketpair()[0].bind('mine')",
            f"channel.sendto(b'x', {path!r})",
        ]
        code = "".join(f"\nmade.append(attempt(lambda: {way}))" for way in ways)
        assert {word for word in answer(f"made = []{code}\nsay(made)") if "Error" not in word} == set()
        with pytest.raises(BlockingIOError):
            server.recv(1)


def test_links_to_outside_lead_nowhere(answer, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    code = f"""
    os.symlink({str(secret)!r}, "link")
    roots = ["/proc/1/root", "/proc/self/root", "/proc/1/cwd/../.."]
    say([attempt(lambda: open(root + {str(secret)!r})) for root in roots] + [attempt(lambda: open("link"))])
    """
    assert set(answer(code)) <= {"FileNotFoundError", "PermissionError"}


def test_our_environment_and_arguments_are_not_there(caged, answer, monkeypatch):
    monkeypatch.setenv("GRADEBOOK_PASSWORD", "hunter2-secret")
    code = """
    found = []
    for process in os.listdir("/proc"):
        for name in ("environ", "cmdline", "stat", "status", "mountinfo"):
            try:
                found.append(open(f"/proc/{process}/{name}").read())
            except (OSError, UnicodeDecodeError):
                pass
    say([len(found) > 4, any("hunter" + "2" in text for text in found), sorted(os.environ)])
    """
    read, leaked, names = answer(code)
    assert read
    assert not leaked
    assert "GRADEBOOK_PASSWORD" not in names
    assert set(names) == set(bubblewrap.ENVIRONMENT)


def test_nothing_is_inherited_but_the_channel(answer, tmp_path):
    (tmp_path / "gradebook.db").write_text("secret")
    with open(tmp_path / "gradebook.db") as gradebook:
        os.set_inheritable(gradebook.fileno(), True)
        code = """
        import stat
        kinds = {}
        for number in range(256):
            try:
                mode = os.fstat(number).st_mode
            except OSError:
                continue
            kinds[number] = "socket" if stat.S_ISSOCK(mode) else "pipe" if stat.S_ISFIFO(mode) else oct(mode)
        say([kinds, channel.fileno()])
        """
        kinds, channel = answer(code)
    assert {number: kind for number, kind in kinds.items() if number != "0"} == {
        "1": "pipe",
        "2": "pipe",
        str(channel): "socket",
    }


def test_it_is_nobody_and_cannot_become_more(caged, answer):
    code = """
    status = dict(line.split(":\\t", 1) for line in open("/proc/self/status"))
    say([
        os.getuid() != 0 and os.geteuid() != 0 and os.getgid() != 0,
        int(status["CapPrm"], 16) | int(status["CapEff"], 16) | int(status["CapAmb"], 16),
        status["NoNewPrivs"].strip(),
        "None" in [attempt(lambda: os.setuid(0)), attempt(lambda: os.setgroups([0])), attempt(lambda: os.chroot("/"))],
    ])
    """
    assert answer(code) == [True, 0, "1", False]


@pytest.mark.parametrize(
    "call",
    [
        "ptrace(0, 0, 0, 0)",
        "unshare(0x10000000)",
        "mount(b'none', b'/home/student', b'tmpfs', 0, 0)",
        "umount2(b'/proc', 2)",
        "prctl(1, 0, 0, 0, 0)",  # PR_SET_PDEATHSIG: outlive the launcher
        "personality(0x0040000)",
        "setns(0, 0)",
        "syscall(425, 8, 0)",  # io_uring_setup
    ],
)
def test_doors_of_the_kernel_are_shut(answer, call):
    code = f"""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    say([libc.{call}, os.strerror(ctypes.get_errno())])
    """
    assert answer(code) == [-1, "Operation not permitted"]


def test_what_it_needs_is_there(answer):
    code = """
    import getpass, tempfile
    import numpy, rnn_autograder.wire, rnn_datasets
    tempfile.TemporaryFile().close()
    say([rnn_autograder.__file__, getpass.getuser(), os.getcwd(), os.path.expanduser("~")])
    """
    file, user, folder, home = answer(code)
    assert (file, user) == (rnn_autograder.__file__, "student")
    assert folder == home


def test_fonts_are_not_searched_again(answer):
    code = """
    [cache] = os.listdir(os.environ["MPLCONFIGDIR"])
    from matplotlib import font_manager
    say([os.listdir(os.environ["MPLCONFIGDIR"]) == [cache], os.stat(font_manager.findfont("DejaVu Sans")).st_size > 0])
    """
    assert answer(code) == [True, True]
