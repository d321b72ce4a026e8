"""The line to a worker, and how workers end."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from rnn_autograder.limits import InfrastructureFault, Limits, WorkerGone
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.sandbox.nursery import Zygote

ONE_FRAME = "import os, sys; os.write(int(sys.argv[-1]), bytes([0, 0, 0, 1]) + b'a')"


def running_with(mark: str) -> list[int]:
    """Every process of this machine that has given itself this name."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == mark:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def gone(mark: str) -> bool:
    """Whether they all end, soon."""
    deadline = time.monotonic() + 60
    while running_with(mark) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not running_with(mark)


def test_frames_come_back_whole_and_in_order(worker):
    code = """
    say("begin")
    while True:
        value = hear()
        say(value)
        say(len(value))
    """
    with worker(code) as running:
        assert running.receive(cpu_s=1, wall_s=60) == b'"begin"'
        for size in (0, 1, 70_000, 3_000_000):
            running.send(json.dumps("x" * size).encode())
            assert json.loads(running.receive(cpu_s=5, wall_s=60)) == "x" * size
            assert running.receive(cpu_s=5, wall_s=60) == str(size).encode()


def test_both_sides_may_speak_at_once(worker):
    with worker("say('x' * 5_000_000); say(len(hear()))") as running:
        running.send(json.dumps("y" * 5_000_000).encode())
        assert len(running.receive(cpu_s=5, wall_s=60)) == 5_000_002
        assert running.receive(cpu_s=5, wall_s=60) == b"5000000"


def test_a_worker_that_does_not_listen_does_not_hold_us(worker):
    from rnn_autograder.limits import LimitReached

    with worker("time.sleep(1000)", idle_s=0.3) as running, pytest.raises(LimitReached) as caught:
        running.send(bytes(20_000_000))
    assert caught.value.limit == "idle"


def test_what_it_prints_is_kept_for_a_diagnosis(worker):
    with worker("print('out', flush=True); os.write(2, b'err'); say(1)") as running:
        running.receive(cpu_s=1, wall_s=60)
        assert running.output() == b"out\nerr"


def test_a_worker_may_close_its_output(answer):
    assert answer("os.close(1); os.close(2); time.sleep(0.2); say('on')", cpu_s=0.15) == "on"


def test_the_last_reply_of_a_worker_that_ends_is_heard(worker):
    with worker("say('last words'); os._exit(0)") as running:
        time.sleep(0.2)
        assert running.receive(cpu_s=1, wall_s=60) == b'"last words"'
        with pytest.raises(WorkerGone):
            running.receive(cpu_s=1, wall_s=60)
        with pytest.raises(WorkerGone):
            running.send(b"0")
            running.receive(cpu_s=1, wall_s=60)


def test_exit(stopped):
    end = stopped("os._exit(3)")
    assert end.status == 3
    assert "exit status 3" in end.sentence


def test_crash(stopped):
    end = stopped("import ctypes; ctypes.string_at(0)")
    assert end.status == -signal.SIGSEGV
    assert "SIGSEGV" in end.sentence


def test_abort(stopped):
    assert stopped("os.abort()").status == -signal.SIGABRT


def test_it_cannot_kill_itself_so_that_it_looks_as_if_we_had(answer):
    code = """
    import threading
    me, thread = os.getpid(), threading.get_native_id()
    libc = __import__("ctypes").CDLL(None)
    ways = [lambda: os.kill(me, 9), lambda: os.kill(0, 9), lambda: os.killpg(0, 9), lambda: signal.raise_signal(9),
            lambda: signal.pthread_kill(threading.get_ident(), 9)]
    import signal
    say([attempt(way) for way in ways] + [libc.syscall(200, thread, 9)])
    """
    assert answer(code) == ["PermissionError"] * 5 + [-1]


def test_it_may_try_to_kill_the_first_process_of_its_namespace(answer):
    code = """
    for number in range(1, 32): attempt(lambda: os.kill(1, number))
    time.sleep(0.1)
    say("here")
    """
    assert answer(code) == "here"


def test_who_stops_itself_is_idle(stopped):
    assert stopped("os.kill(os.getpid(), 19)", idle_s=0.3).limit == "idle"


def test_a_kill_from_outside_is_the_machines_fault(worker):
    with worker("time.sleep(1000)") as running:
        signal.pidfd_send_signal(running._process.pidfd, signal.SIGKILL)
        with pytest.raises(InfrastructureFault, match="killed, and not by us"):
            running.receive(cpu_s=1, wall_s=60)


def test_the_end_of_its_cage_is_the_machines_fault(caged, worker):
    with worker("time.sleep(1000)") as running:
        signal.pidfd_send_signal(running._process._place.pidfd, signal.SIGKILL)
        with pytest.raises(InfrastructureFault, match="killed, and not by us"):
            running.receive(cpu_s=1, wall_s=60)


def test_the_end_of_the_zygote_is_the_machines_fault_and_the_next_worker_finds_another():
    with Zygote(warm=False) as zygote:
        with launch(Limits(), program="import time; time.sleep(1000)", zygote=zygote) as running:
            zygote._started.kill()
            with pytest.raises(InfrastructureFault, match="killed, and not by us"):
                running.receive(cpu_s=1, wall_s=60)
        with launch(Limits(), program=ONE_FRAME, zygote=zygote) as running:
            assert running.receive(cpu_s=1, wall_s=60) == b"a"


def test_a_closed_line_is_an_end(stopped):
    end = stopped("channel.close(); time.sleep(1000)")
    assert end.status is None
    assert end.sentence == "Your code closed the line to the grader."


@pytest.mark.parametrize("code", ["raise SystemExit('no such module')", "import no_such_module"])
def test_what_goes_wrong_before_the_first_word_is_the_machines_fault(code):
    with (
        launch(Limits(), program=code) as running,
        pytest.raises(InfrastructureFault, match=r"no.such.module"),
    ):
        running.send(b"0")
        running.receive(cpu_s=5, wall_s=60)


def test_getting_ready_costs_the_student_nothing():
    code = """if True:
        import sys, socket, time
        channel = socket.socket(fileno=int(sys.argv[1]))
        while time.process_time() < 0.3: pass
        channel.sendall(b"\\0\\0\\0\\1a")
        time.sleep(0.1)
        channel.sendall(b"\\0\\0\\0\\1b")
        """
    with launch(Limits(), program=code) as running:
        running.send(b"go")
        assert running.receive(cpu_s=10, wall_s=60) == b"a"
        assert running.receive(cpu_s=0.2, wall_s=60) == b"b"


def test_nothing_is_left_behind(worker):
    mark = uuid.uuid4().hex[:15]
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text(), len(os.listdir("/proc/self/fd"))
    code = f"""
    import ctypes, signal, threading
    ctypes.CDLL(None).prctl(15, b"{mark}")  # PR_SET_NAME
    for number in range(1, 32):
        attempt(lambda: signal.signal(number, signal.SIG_IGN))
    threading.Thread(target=time.sleep, args=[1000]).start()
    say("running")
    time.sleep(1000)
    """
    with worker(code) as running:
        running.receive(cpu_s=5, wall_s=60)
        assert running_with(mark)
    assert not running_with(mark)
    assert (children.read_text(), len(os.listdir("/proc/self/fd"))) == before


def test_kill_may_be_said_twice_and_ends_the_line(worker):
    with worker("time.sleep(1000)") as running:
        running.kill()
        running.kill()
        with pytest.raises(WorkerGone):
            running.receive(cpu_s=1, wall_s=60)


def test_a_worker_cannot_outlive_a_launcher_that_was_killed():
    mark = uuid.uuid4().hex[:15]
    inside = f"""if True:
        import ctypes, os, socket, sys, time
        channel = socket.socket(fileno=int(sys.argv[1]))
        ctypes.CDLL(None).prctl(15, b"{mark}")  # PR_SET_NAME
        ctypes.CDLL(None).prctl(1, 0)  # let me live when my parent dies
        channel.sendall(b"\\0\\0\\0\\0")
        while True: time.sleep(1)
        """
    launcher = f"""if True:
        import os, signal, sys
        from rnn_autograder.sandbox.launch import launch
        from rnn_autograder.limits import Limits
        with launch(Limits(), program={inside!r}) as worker:
            worker.receive(cpu_s=5, wall_s=60)
            print("running", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        """
    done = subprocess.run([sys.executable, "-c", launcher], capture_output=True, text=True)
    assert done.stdout == "running\n", done.stderr
    assert gone(mark)


def test_two_workers_do_not_see_each_other(caged, worker):
    code = """
    open("mine.txt", "w").write("mine")
    socket.socketpair()
    say("there")
    hear()
    processes = [name for name in os.listdir("/proc") if name.isdigit()]
    say([sorted(os.listdir()), sorted(processes), attempt(lambda: os.kill(3, 0))])
    """
    with worker(code) as one, worker(code.replace("mine", "yours")) as other:
        for running in (one, other):
            assert running.receive(cpu_s=5, wall_s=60) == b'"there"'
        seen = []
        for running in (one, other):
            running.send(b"0")
            seen.append(json.loads(running.receive(cpu_s=5, wall_s=60)))
    assert seen == [
        [[".matplotlib", "mine.txt"], ["1", "2"], "ProcessLookupError"],
        [[".matplotlib", "yours.txt"], ["1", "2"], "ProcessLookupError"],
    ]


def test_without_isolation_only_when_asked_and_it_says_so(worker, stopped, tmp_path):
    outside = tmp_path / "outside.txt"
    with worker(f"open({str(outside)!r}, 'w').write('x'); say(os.getcwd()); hear()", unsafe=True) as running:
        folder = json.loads(running.receive(cpu_s=5, wall_s=60))
        assert running.isolation.tier == "none"
        assert os.path.isdir(folder)
    assert outside.exists()
    assert not os.path.exists(folder)
    assert stopped("while True: pass", unsafe=True, cpu_s=0.2).limit == "cpu"


def test_without_isolation_what_it_started_ends_with_it(worker):
    code = """
    import subprocess
    say(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]).pid)
    time.sleep(1000)
    """
    with worker(code, unsafe=True) as running:
        started = Path("/proc") / running.receive(cpu_s=5, wall_s=60).decode()
        assert started.exists()
    deadline = time.monotonic() + 60
    while started.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not started.exists()
