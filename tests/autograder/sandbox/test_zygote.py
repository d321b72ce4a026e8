"""Workers that are forked from one warm process, and share nothing else."""

import json
import socket
import statistics
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from conftest import PROLOGUE

from rnn_autograder.limits import IsolationUnavailable, LimitReached, Limits
from rnn_autograder.sandbox import launch as launch_module
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.sandbox.nursery import Isolation, Zygote
from rnn_autograder.student import WorkerPlayer


@pytest.fixture(scope="module")
def zygote():
    with Zygote() as warm:
        yield warm


@pytest.fixture
def said(zygote):
    """`said(code, **limits)`: what a program says that was forked from the warm zygote."""

    def ask(code, *, cpu_s=30, **limits):
        program = PROLOGUE + textwrap.dedent(code)
        with launch(Limits(**limits), program=program, zygote=zygote) as running:
            running.receive(cpu_s=10, wall_s=60)
            running.send(b"0")
            return json.loads(running.receive(cpu_s=cpu_s, wall_s=60))

    return ask


def test_what_notebooks_import_is_there_and_nothing_runs_besides(said):
    code = """
    import threading
    wanted = ["numpy", "torch", "torch.optim", "torch._dynamo", "matplotlib.pyplot", "IPython"]
    import matplotlib
    say([[name for name in wanted if name not in sys.modules], threading.active_count(), matplotlib.get_backend()])
    """
    missing, threads, backend = said(code)
    assert (missing, threads) == ([], 1)
    assert backend.lower() == "agg"


def test_a_zygote_with_a_second_thread_refuses():
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    code = """if True:
        import threading, time
        from rnn_autograder.sandbox import zygote
        threading.Thread(target=time.sleep, args=[100], daemon=True).start()
        zygote.main()
        """
    with ours, theirs:
        done = subprocess.run(
            [sys.executable, "-I", "-c", code, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.strip() == "The zygote has 2 threads and must have one."


def test_what_one_worker_changes_no_other_sees(said):
    change = """
    import builtins, numpy, torch, rnn_autograder.wire
    numpy.allclose = torch.allclose = builtins.sum = lambda *a, **k: True
    rnn_autograder.wire.encode = None
    os.environ["MINE"] = "1"
    open("mine", "w").write("x")
    say(True)
    """
    look = """
    import numpy, torch, rnn_autograder.wire
    say([numpy.allclose(1, 2), sum([2]), rnn_autograder.wire.encode is None, "MINE" in os.environ, os.listdir()])
    """
    assert said(change)
    assert said(look) == [False, 2, False, False, [".matplotlib"]]


def test_temporary_files_lie_in_the_workers_own_folder(said):
    code = """
    import tempfile
    with tempfile.NamedTemporaryFile() as file:
        say([os.path.dirname(file.name) == os.getcwd(), tempfile.gettempdir() == os.environ["HOME"]])
    """
    assert said(code) == [True, True]


def test_no_two_workers_draw_the_same_numbers(said):
    code = """
    import random, numpy, torch
    say([random.random(), numpy.random.rand(), numpy.random.default_rng().random(), torch.rand(1).item()])
    """
    one, other = said(code), said(code)
    assert not set(one) & set(other)


def test_gradients_and_figures_work_in_a_fork(said):
    code = """
    import io, torch, matplotlib.pyplot as plt
    weight = torch.ones(64, 64, requires_grad=True)
    step = torch.optim.Adam([weight])
    (weight @ weight).sum().backward()
    step.step()
    plt.plot([1, 2], label="$x$"); plt.legend()
    picture = io.BytesIO(); plt.savefig(picture)
    say([weight.grad[0, 0].item(), len(picture.getvalue()) > 1000])
    """
    assert said(code) == [128.0, True]


def test_from_the_fork_to_the_first_cell_is_a_moment(zygote):
    took_s = []
    for _ in range(10):
        begun = time.perf_counter()
        with launch(Limits(), zygote=zygote) as worker:
            cells = WorkerPlayer(worker, Limits()).run([(0, "1")])
            assert next(cells) == (0, None)
            took_s.append(time.perf_counter() - begun)
            list(cells)
    print(f"from the fork to the first cell: median {1000 * statistics.median(took_s):.0f} ms")
    assert statistics.median(took_s) < 1  # on a machine that does much else besides


def test_workers_end_with_their_zygote():
    with Zygote(warm=False) as zygote:
        context = launch(Limits(), program=PROLOGUE + "time.sleep(1000)", zygote=zygote)
        worker = context.__enter__()
        worker.receive(cpu_s=10, wall_s=60)
    assert worker._process.ended(wait_s=60)
    context.__exit__(None, None, None)


def test_the_zygote_holds_no_secret_of_ours(caged, monkeypatch):
    monkeypatch.setenv("GRADEBOOK_PASSWORD", "hunter2-" + "secret")
    with Zygote(warm=False) as zygote:
        program = """if True:
            import ctypes, os, sys
            needle, found = b"hunter2-" + b"secret", 0
            for line in open("/proc/self/maps"):
                ends, rights, *rest = line.split()
                if rights.startswith("rw") and "[v" not in line:
                    begin, end = (int(word, 16) for word in ends.split("-"))
                    found += ctypes.string_at(begin, end - begin).count(needle)
            os.write(int(sys.argv[-1]), bytes([0, 0, 0, 1, found]))
            """
        with launch(Limits(), program=program, zygote=zygote) as running:
            found = running.receive(cpu_s=10, wall_s=60)[0]
    assert found <= 1  # its own literal, folded by the compiler


# Where an assignment allows processes


def test_processes_where_they_are_allowed(caged, said):
    code = """
    import multiprocessing, subprocess, torch
    from torch.utils.data import DataLoader
    with multiprocessing.Pool(2) as pool:
        squares = pool.map(abs, [-1, -2, -3])
    ran = subprocess.run([sys.executable, "-c", "print(7)"], capture_output=True, text=True).stdout
    batches = [batch.tolist() for batch in DataLoader(torch.arange(6), batch_size=3, num_workers=2)]
    say([squares, ran, batches])
    """
    assert said(code, subprocesses=True) == [[1, 2, 3], "7\n", [[0, 1, 2], [3, 4, 5]]]


def test_allowed_processes_are_no_way_out(caged, said):
    code = """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    def cloned(flags):
        pid = libc.syscall(56, flags | 17, 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        return pid > 0
    say([attempt(socket.socket), libc.unshare(0x10000000), cloned(0), cloned(0x10000000), cloned(0x40000000)])
    """
    assert said(code, subprocesses=True) == ["PermissionError", -1, True, False, False]


def test_the_time_of_allowed_processes_counts(caged, said):
    code = """
    for _ in range(2):
        if os.fork() == 0:
            while True: pass
    time.sleep(1000)
    """
    with pytest.raises(LimitReached) as caught:
        said(code, cpu_s=0.5, subprocesses=True)
    assert caught.value.limit == "cpu"


def test_the_time_of_processes_that_have_ended_counts(caged, said):
    code = """
    while True:
        if os.fork() == 0:
            begin = time.process_time()
            while time.process_time() < begin + 0.05: pass
            os._exit(0)
        os.wait()
    """
    with pytest.raises(LimitReached) as caught:
        said(code, cpu_s=0.5, subprocesses=True)
    assert caught.value.limit == "cpu"


def test_the_memory_of_allowed_processes_counts_together(caged, said):
    """Each within its own limit; what they share with the zygote is nobody's."""
    code = """
    for _ in range(4):
        if os.fork() == 0:
            mine = bytearray(400 << 20)
            mine[::4096] = bytes([1]) * (len(mine) // 4096)
            time.sleep(1000)
    time.sleep(1000)
    """
    with pytest.raises(LimitReached) as caught:
        said(code, memory_bytes=1200 << 20, subprocesses=True)
    assert caught.value.limit == "memory"
    assert said("pids = [os.fork() for _ in range(3)]\nif 0 in pids: time.sleep(1); os._exit(0)\n"
                "time.sleep(0.5); say('ok')", memory_bytes=1200 << 20, subprocesses=True) == "ok"  # fmt: skip


def test_the_number_of_allowed_processes_ends_where_it_was_said(caged, said):
    code = """
    started = 0
    try:
        while started < 100:
            if os.fork() == 0:
                time.sleep(1000)
            started += 1
    except BlockingIOError:
        say(started)
    """
    assert 4 <= said(code, processes=16, subprocesses=True) <= 16


def test_no_process_stays(caged, zygote):
    code = """
    import signal
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32): attempt(lambda: signal.signal(number, signal.SIG_IGN))
        if os.fork() == 0:
            time.sleep(1000)
    say("started")
    time.sleep(1000)  # or all would end with it
    """
    limits = Limits(subprocesses=True)
    with launch(limits, program=PROLOGUE + textwrap.dedent(code), zygote=zygote) as running:
        running.receive(cpu_s=10, wall_s=60)
        running.send(b"0")
        running.receive(cpu_s=10, wall_s=60)
        first = running._process._place.first
        members = Path(f"/proc/{first}/root/proc")
        until = time.monotonic() + 30
        while len([name for name in members.iterdir() if name.name.isdigit()]) < 3:
            assert time.monotonic() < until, "its child never came"
            time.sleep(0.01)
        namespace = Path(f"/proc/{first}/ns/pid").readlink()
    left = [p for p in Path("/proc").glob("[0-9]*/ns/pid") if _link(p) == namespace]
    assert left == []


def _link(path):
    try:
        return path.readlink()
    except OSError:
        return None


def test_tier_b_knows_no_processes(monkeypatch):
    monkeypatch.setattr(launch_module, "probe", lambda: Isolation("B", "tier B", ("no namespaces",)))
    with pytest.raises(IsolationUnavailable, match="needs tier A"), launch(Limits(subprocesses=True)):
        pass
