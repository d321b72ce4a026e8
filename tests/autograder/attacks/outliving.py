"""Going on after the end: processes, threads and whatever else might still be there when the grade is written."""

from __future__ import annotations

from attacks.attack import Attack

NO_PROCESS = "no new process"
ENDS = "the end of a worker is the end of all that it does"

ATTACKS = (
    Attack(
        "a daemon, by forking twice",
        NO_PROCESS,
        last="""
        def daemon():
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(1000)
                os._exit(0)
        attempt("a daemon", daemon)
        """,
    ),
    Attack(
        "every way to start a program",
        NO_PROCESS,
        last="""
        import multiprocessing, pty, subprocess
        python = [sys.executable, "-c", "import time; time.sleep(1000)"]
        def system():
            if (status := os.system("sleep 1000 &")) != 0: raise OSError(status)
        attempt("subprocess", lambda: subprocess.Popen(python))
        attempt("subprocess, a new session", lambda: subprocess.Popen(python, start_new_session=True))
        attempt("posix_spawn", lambda: os.posix_spawn(python[0], python, {}))
        attempt("os.system", system)
        attempt("popen", lambda: os.popen("sleep 1000").close() or 1 / 0)
        attempt("forkpty", pty.fork)
        for method in ("fork", "spawn", "forkserver"):
            context = multiprocessing.get_context(method)
            attempt(method, context.Process(target=time.sleep, args=(1000,)).start)
        """,
    ),
    Attack(
        "fork by its numbers",
        NO_PROCESS,
        last="""
        SIGCHLD, CLONE_VM, CLONE_VFORK, CLONE_PARENT = 17, 0x100, 0x4000, 0x8000
        def start(what, *arguments):
            def child():
                if system_call("syscall", *arguments) == 0:
                    while True: time.sleep(1000)
            attempt(what, child)
        start("fork", 57)
        start("vfork", 58)
        start("clone", 56, SIGCHLD, 0, 0, 0, 0)
        start("clone of the parent", 56, SIGCHLD | CLONE_PARENT, 0, 0, 0, 0)
        start("clone3", 435, bytes(64), 64)
        """,
    ),
    Attack(
        "fork by the numbers of another machine",
        "a call by another architecture's rules ends the caller",
        last="""
        if libc.syscall(0x40000000 | 57) == 0:  # fork, by the rules of x32
            while True: time.sleep(1000)
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\\xb8\\x02\\x00\\x00\\x00\\xcd\\x80\\xc3")  # eax = 2 (fork); int 0x80; ret
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
        """,
        shows="SIGSYS",
        error="Stopped",
    ),
    Attack(
        "threads that never end",
        ENDS,
        last="""
        for _ in range(20):
            threading.Thread(target=time.sleep, args=(1000,)).start()
        print("twenty threads")
        """,
        shows="twenty threads",
    ),
    Attack(
        "deaf to every signal",
        ENDS,
        last="""
        for number in range(1, 65):
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        threading.Thread(target=time.sleep, args=(1000,)).start()
        print("deaf")
        """,
        shows="deaf",
    ),
    Attack(
        "an exit that takes for ever",
        ENDS,
        last="""
        import atexit
        def stay():
            while True: time.sleep(1)
        atexit.register(stay)
        threading._register_atexit(stay)
        class Stays:
            def __del__(self): stay()
        gc.kept = Stays()
        print("staying")
        """,
        shows="staying",
    ),
    Attack(
        "outliving the parent",
        "the worker dies with who started it",
        last="""
        PR_SET_PDEATHSIG = 1
        for number in (0, signal.SIGUSR1, signal.SIGCONT, signal.SIGTERM):
            attempt(f"signal {number} at the parent's death", lambda: system_call("prctl", PR_SET_PDEATHSIG, number))
        """,
    ),
    Attack(
        "a session and a group of its own",
        ENDS,
        last="""
        PR_SET_CHILD_SUBREAPER = 36
        for step in (os.setsid, os.setpgrp, lambda: system_call("prctl", PR_SET_CHILD_SUBREAPER, 1)):
            with contextlib.suppress(OSError):
                step()
        threading.Thread(target=time.sleep, args=(1000,)).start()
        print("alone", os.getpid())
        """,
        shows="alone",
    ),
    Attack(
        "timers that wind themselves up",
        ENDS,
        last="""
        def again(*_):
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        signal.signal(signal.SIGALRM, again)
        again()
        print("ticking")
        """,
        shows="ticking",
    ),
    Attack(
        "another program in the worker's place",
        "who takes the worker's place inherits its cage and its end",
        last="""
        def one_hot(tokens, V):
            program = "import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 13, 15)]; print(4); exit(3)"
            os.execv(sys.executable, [sys.executable, "-c", program])
        """,
        loses=("one_hot",),
        shows="exit status|ended the Python process|closed the line|ended by the system|was refused|PermissionError",
    ),
    Attack(
        "asleep for good",
        "who does nothing is ended",
        last="""
        def one_hot(tokens, V):
            os.kill(os.getpid(), signal.SIGSTOP)
            signal.pause()
        """,
        loses=("one_hot",),
        shows="It did nothing for",
    ),
    Attack(
        "a core that is left on the disk",
        "a crash leaves nothing behind",
        last="""
        import resource
        with contextlib.suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
        def one_hot(tokens, V): os.abort()
        """,
        loses=("one_hot",),
        shows="SIGABRT",
    ),
    Attack(
        "memory that outlives its maker",
        "nothing of System V, nothing in shared memory",
        last="""
        from multiprocessing import shared_memory
        IPC_CREAT = 0o1000
        for name, size in (("shmget", [4096]), ("msgget", []), ("semget", [1])):
            attempt(name, lambda: system_call(name, 0x756E726F, *size, IPC_CREAT | 0o666))
        attempt("mq_open", lambda: system_call("mq_open", b"/" + MARK.encode(), 66, 0o666, 0))
        attempt("shared memory", lambda: shared_memory.SharedMemory(MARK, create=True, size=4096))
        def semaphore():
            if system_call("sem_open", b"/" + MARK.encode(), os.O_CREAT | os.O_EXCL, 0o666, 0) == 0:
                raise OSError("no semaphore")
        attempt("a semaphore", semaphore)
        """,
    ),
    Attack(
        "an errand for those who run errands",
        "no scheduler of the machine can be told anything",
        last="""
        def write(path):
            with open(path, "a") as file:
                file.write("* * * * * root touch /tmp/" + MARK)
        for path in (
            f"/etc/cron.d/{MARK}", "/var/spool/cron/crontabs/root", "/etc/crontab", f"/run/{MARK}",
            f"/etc/systemd/system/{MARK}.service", f"/etc/profile.d/{MARK}.sh", "/root/.bashrc", "/etc/ld.so.preload",
        ):
            attempt(path, lambda: write(path))
        """,
    ),
)
