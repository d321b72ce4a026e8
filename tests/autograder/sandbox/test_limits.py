"""Hitting a limit is a sentence to the student, whatever the program does about it."""

import json
import os
import platform
import signal
import subprocess
import time

import pytest

from rnn_autograder.limits import LimitReached

MIB = 1 << 20


def test_a_loop_that_never_ends_is_stopped_by_its_processor_time(stopped):
    end = stopped("while True: pass", cpu_s=0.2)
    assert end.limit == "cpu"
    assert end.sentence.startswith("It used 0.2 seconds of processor time and was stopped.")


def test_the_time_of_all_threads_counts(stopped):
    code = """
    import hashlib, threading
    def work():
        while True: hashlib.sha256(bytes(1 << 20))
    threading.Thread(target=work).start()
    time.sleep(100)
    """
    assert stopped(code, cpu_s=0.2).limit == "cpu"


def test_sleep_is_no_processor_time(answer):
    assert answer("time.sleep(0.4); say('rested')", cpu_s=0.2) == "rested"


def test_each_request_has_its_own_processor_time(worker):
    code = """
    def work():
        begin = time.process_time()
        while time.process_time() < begin + 0.2: pass
        say("done")
    work()
    hear()
    work()
    """
    with worker(code) as running:
        assert running.receive(cpu_s=0.35, wall_s=60) == b'"done"'
        running.send(b"0")
        assert running.receive(cpu_s=0.35, wall_s=60) == b'"done"'


def test_who_sleeps_for_ever_is_stopped(stopped):
    end = stopped("time.sleep(1000)", idle_s=0.3)
    assert end.limit == "idle"
    assert end.sentence.startswith("It did nothing for 0.3 seconds")


def test_who_waits_for_input_is_told_that_there_is_none(answer):
    assert answer("say(attempt(input))") == "EOFError"


def test_who_wakes_only_to_sleep_again_is_stopped_by_the_clock(stopped):
    code = """
    while True:
        time.sleep(0.05)
        sum(range(300_000))
    """
    end = stopped(code, idle_s=0.8, wall_s=1.2)
    assert end.limit == "wall"


def test_our_own_absence_is_not_the_workers(worker):
    with worker("say(1); hear(); say(2)", idle_s=0.6) as running:
        running.receive(cpu_s=1, wall_s=60)
        time.sleep(0.8)
        running.send(b"0")
        assert running.receive(cpu_s=1, wall_s=60) == b"2"


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this kernel does not count it")
def test_the_time_in_which_others_have_the_processor_is_not_the_workers(worker):
    code = """
    hear()
    begin = time.process_time()
    while time.process_time() < begin + 0.3: pass
    say("done")
    """
    processor = {min(os.sched_getaffinity(0))}
    # Each a session of its own: some kernels share a processor out by sessions first.
    loop = ["sh", "-c", "while :; do :; done"]
    others = [subprocess.Popen(loop, start_new_session=True) for _ in range(6)]
    try:
        with worker(code, idle_s=0.8) as running:
            for pid in (running._process._pid, *(other.pid for other in others)):
                os.sched_setaffinity(pid, processor)
            begun = time.monotonic()
            running.send(b"0")
            assert running.receive(cpu_s=10, wall_s=1) == b'"done"'
            assert time.monotonic() - begun > 1, "or this tests nothing"
            assert running.took_s < 1, "nor the whole notebook's"
    finally:
        for other in others:
            other.kill()
            other.wait()


@pytest.mark.parametrize(
    "action",
    [
        "lambda: len(bytearray(1 << 30))",
        "lambda: [bytearray(1 << 20) for _ in range(400)]",
        "lambda: __import__('numpy').ones(1 << 27)",
        "lambda: __import__('mmap').mmap(-1, 1 << 30)",  # shared, so no data segment
    ],
)
def test_memory_ends_where_it_was_said(answer, action):
    assert answer(f"say(attempt({action}))", memory_bytes=400 * MIB) in {
        "MemoryError",
        "_ArrayMemoryError",
        "OSError",
    }


@pytest.mark.parametrize(
    "call",
    ["memfd_create(b'x', 0)", "shmget(0, 1 << 20, 0o1600)", "msgget(0, 0o1600)", "semget(0, 100, 0o1600)"],
)
def test_no_memory_that_nobody_counts(answer, call):
    code = f"""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    say([libc.{call}, os.strerror(ctypes.get_errno())])
    """
    assert answer(code) == [-1, "Operation not permitted"]


MANY_THREADS = """
    import threading
    done, threads = threading.Event(), []
    try:
        while len(threads) < 100:
            threads.append(threading.Thread(target=done.wait, daemon=True))
            threads[-1].start()
        time.sleep(5)
    except RuntimeError:
        say(len(threads))
    """


def test_threads_are_allowed_up_to_a_number(answer, stopped, tier):
    if tier == "A":
        assert 8 <= answer(MANY_THREADS, processes=16) <= 16
    else:
        end = stopped(MANY_THREADS, processes=16)
        assert end.limit == "threads"
        assert end.sentence.startswith("It started more than 16 threads")


@pytest.mark.parametrize(
    "action",
    [
        "os.fork",
        "lambda: os.posix_spawn(sys.executable, [sys.executable], {})",
        "lambda: __import__('subprocess').run([sys.executable, '-c', 'pass'])",
        "lambda: __import__('multiprocessing').Process(target=print).start()",
    ],
)
def test_no_process_can_be_started(answer, action):
    assert answer(f"say(attempt({action}))") == "PermissionError"


def test_a_shell_cannot_be_started(answer):
    assert answer("say(os.system('exit 0'))") != 0


def test_there_is_nothing_else_to_become(answer):
    assert answer("say(attempt(lambda: os.execv('/bin/sh', ['sh'])))") == "PermissionError"


def test_the_newer_way_to_fork_is_unknown(answer):
    code = """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    say([libc.syscall(435, bytes(64), 64), os.strerror(ctypes.get_errno())])
    """
    assert answer(code) == [-1, "Function not implemented"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="machine code for x86")
def test_the_filter_cannot_be_passed_by_32_bit_calls(stopped):
    code = r"""
    import ctypes, mmap
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x02\x00\x00\x00\xcd\x80\xc3")  # eax = 2 (fork); int 0x80; ret
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
    say("still here")
    """
    assert stopped(code).status == -signal.SIGSYS


def test_the_disk_ends_where_it_was_said(caged, answer):
    code = """
    def fill():
        for number in range(100):
            with open(f"file{number}", "wb") as file:
                file.write(bytes(100_000))
    error = attempt(fill)
    say([error, sum(os.path.getsize(name) for name in os.listdir() if name.startswith("file"))])
    """
    error, size = answer(code, disk_bytes=MIB)
    assert error == "OSError"
    assert size <= MIB


def test_without_a_file_system_of_its_own_the_disk_is_counted(worker):
    code = """
    for number in range(10**9):
        with open(f"file{number}", "wb") as file:
            file.write(bytes(100_000))
    """
    with worker(code, disk_bytes=MIB, unsafe=True) as running, pytest.raises(LimitReached) as caught:
        running.receive(cpu_s=10, wall_s=60)
    assert caught.value.limit == "disk"
    assert caught.value.sentence.startswith("It wrote more than 1 MiB")


def test_without_a_file_system_of_its_own_no_folder_is_too_deep(worker):
    code = "say(os.getcwd())\nwhile True: os.mkdir('d'); os.chdir('d')"
    with worker(code, unsafe=True) as running:
        folder = json.loads(running.receive(cpu_s=10, wall_s=60))
        with pytest.raises(LimitReached) as caught:
            running.receive(cpu_s=30, wall_s=60)
    assert caught.value.limit == "folders"
    assert not os.path.exists(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="no folder is shut to root")
def test_without_a_file_system_of_its_own_no_folder_is_shut(worker):
    code = "say(os.getcwd())\nos.mkdir('dark', 0o300)\nwhile True: open('dark/file', 'a').write('x' * 10_000)"
    with worker(code, unsafe=True) as running:
        folder = json.loads(running.receive(cpu_s=10, wall_s=60))
        with pytest.raises(LimitReached) as caught:
            running.receive(cpu_s=30, wall_s=60)
    assert caught.value.limit == "folders"
    assert not os.path.exists(folder)


def test_empty_files_are_counted_too(stopped):
    end = stopped("for number in range(10**9): open(f'file{number}', 'w').close()", files=1000)
    assert end.limit == "files"
    assert end.sentence.startswith("It made more than 1,000 files")


def test_only_the_working_folder_can_be_written(answer):
    code = """
    def folders():
        if os.access("/proc/mounts", os.R_OK) and attempt(lambda: open("/proc/mounts")) != "PermissionError":
            for line in open("/proc/mounts"):
                yield line.split()[1]
        yield from ("/tmp", "/dev/shm", "/var/tmp", "/etc", "/home", "/proc/sys/kernel", *sys.path)
    def write(folder):
        with open(os.path.join(folder, "mine"), "w") as file:
            file.write("mine")
    here = os.getcwd()
    say([attempt(lambda: write(here)), [f for f in folders() if f != here and attempt(lambda: write(f)) == "None"]])
    """
    assert answer(code) == ["None", []]


@pytest.mark.parametrize("descriptor", [1, 2])
def test_a_flood_of_output_is_stopped_and_kept_short(worker, descriptor):
    with worker(f"while True: os.write({descriptor}, b'x' * 5000)", output_bytes=MIB) as running:
        with pytest.raises(LimitReached) as caught:
            running.receive(cpu_s=10, wall_s=60)
        assert caught.value.limit == "output"
        assert running.output() == b"x" * MIB


def test_a_reply_that_is_too_long_is_refused_unread(stopped):
    end = stopped("channel.sendall((1 << 30).to_bytes(4, 'big')); hear()", reply_bytes=MIB)
    assert end.limit == "reply"


def test_a_reply_may_be_as_long_as_was_said(answer):
    assert len(answer(f"say('x' * {MIB - 2})", reply_bytes=MIB)) == MIB - 2


def test_files_that_are_open_are_counted(answer):
    code = """
    files = []
    def open_many():
        while len(files) < 10_000: files.append(open("/dev/null"))
    error = attempt(open_many)
    say([error, len(files) < 256])
    """
    assert answer(code) == ["OSError", True]


def test_limits_cannot_be_raised(answer):
    code = """
    import resource
    limits = [resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE]
    say([attempt(lambda: resource.setrlimit(limit, (-1, -1))) for limit in limits])
    """
    assert answer(code) == ["ValueError"] * 4
