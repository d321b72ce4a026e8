"""What runs inside the sandbox: the student's cells, then calls to the student's functions.

It shares its interpreter with the student's code, so nothing that it says is believed: it returns values. It holds no
expected value, no check and no reference, and the inputs of a call reach it only when the call is made.
"""

from __future__ import annotations

import io
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from rnn_autograder.exercise import StudentError
from rnn_autograder.student import LocalPlayer
from rnn_autograder.wire import decode, encode

KEPT_FORMATS = (
    "text/plain",
    "image/png",
)  # what a notebook may show without running anything in its reader's browser
FLUSH_BYTES = 1 << 16
INLINE = "module://matplotlib_inline.backend_inline"


class Channel:
    """Length-prefixed frames over a socket."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._file = self._socket.makefile("rb")
        self._lock = threading.Lock()  # a student's thread may print while a reply is on its way

    def receive(self) -> Any:
        """The next message; `EOFError` when the grader is gone."""
        size = self._file.read(4)
        if len(size) < 4:
            raise EOFError
        return decode(self._file.read(int.from_bytes(size, "big")))

    def send(self, frame: bytes) -> None:
        """One frame."""
        with self._lock:
            self._socket.sendall(len(frame).to_bytes(4, "big") + frame)


class Recorder:
    """Sends a cell's outputs as they come, in nbformat's words, up to a number of bytes."""

    def __init__(self, channel: Channel, budget: int) -> None:
        self._channel = channel
        self._budget = budget
        self._streams = {"stdout": io.StringIO(), "stderr": io.StringIO()}

    def stream(self, name: str, text: str) -> None:
        """Something printed; neighbours are sent together."""
        for other in self._streams:
            if other != name:
                self._flush(other)
        self._streams[name].write(text)
        if self._streams[name].tell() > FLUSH_BYTES:
            self._flush(name)

    def display(self, kind: str, data: Mapping[str, Any], **more: Any) -> None:
        """Something displayed, or the value of a cell; formats that could run in a browser are left out."""
        self.flush()
        kept = {key: data[key] for key in KEPT_FORMATS if isinstance(data.get(key), str)}
        if kept:
            self._send(
                {"output_type": kind, "data": kept, "metadata": {}, **more}, sum(map(len, kept.values()))
            )

    def error(self, name: str, text: str, lines: list[str]) -> None:
        """An exception that ended a cell."""
        self.flush()
        output = {"output_type": "error", "ename": name, "evalue": text, "traceback": lines}
        self._send(output, sum(map(len, lines)))

    def flush(self) -> None:
        """Send what is still held back."""
        for name in self._streams:
            self._flush(name)

    def _flush(self, name: str) -> None:
        text = self._streams[name].getvalue()
        if text:
            self._streams[name] = io.StringIO()
            self._send(
                {"output_type": "stream", "name": name, "text": text[: max(self._budget, 0)]}, len(text)
            )

    def _send(self, output: dict[str, Any], size: int) -> None:
        if self._budget > 0:
            self._channel.send(encode({"output": output}))
            if size >= self._budget:
                told = "\n[The rest of the output was left out: there is too much of it.]\n"
                self._channel.send(
                    encode({"output": {"output_type": "stream", "name": "stdout", "text": told}})
                )
        self._budget -= size


class _Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of the student's cells."""

    encoding = "utf-8"

    def __init__(self, name: str, recorder: Recorder) -> None:
        self.name = name
        self._recorder = recorder

    def write(self, text: str) -> int:
        self._recorder.stream(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    recorder: Recorder

    def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
        self.recorder.display("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        """A progress bar clears what it drew; the record keeps it."""


class _Hook(DisplayHook):  # type: ignore[misc]
    recorder: Recorder

    def write_output_prompt(self) -> None:
        """The number of a result is part of its record."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.recorder.display("execute_result", format_dict, execution_count=self.prompt_count)

    def finish_displayhook(self) -> None:
        """Nothing is printed, so no newline is due."""


class _Shell(InteractiveShell):  # type: ignore[misc]
    """IPython without a terminal: what a notebook's kernel is to its cells."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    recorder: Recorder

    def enable_gui(self, gui: str | None = None) -> None:
        """`%matplotlib inline` asks for no event loop."""

    def system(self, cmd: str) -> None:
        """`!ls` starts a process, which is refused here; the rest of its cell should not be lost with it."""
        print(f"[not run when graded: {cmd}]")

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """`files = !ls` finds nothing."""
        self.system(cmd)
        return [] if split else ""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            text = str(evalue)
        except Exception:
            text = ""
        self.recorder.error(etype.__name__, text, [str(line) for line in stb])


def shell() -> _Shell:
    """The one shell of this process, made at the first call. It holds nothing of anybody's yet."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    made: _Shell = _Shell.instance(config=config)
    return made


def _run(channel: Channel, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run the student's cells, in order, each to its end or its error; returns their namespace."""
    recorder = Recorder(channel, request["output_bytes"])
    student = shell()
    student.recorder = student.display_pub.recorder = student.displayhook.recorder = recorder
    sys.stdout, sys.stderr = _Stream("stdout", recorder), _Stream("stderr", recorder)
    for number, source in request["cells"]:
        channel.send(encode({"cell": number}))
        student.run_cell(source, store_history=True)
        recorder.flush()
    namespace: Mapping[str, Any] = student.user_ns
    return namespace


def serve(channel: Channel) -> None:
    """Answer requests until the grader hangs up."""
    player = LocalPlayer({})
    answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "call": lambda ask: player.call(ask["name"], ask["arguments"], of=ask["of"], keep=ask["keep"]),
        "hold": lambda ask: player.hold(ask["value"]),
        "fetch": lambda ask: player.fetch(ask["handle"]),
        "fill": lambda ask: player.fill(ask["handle"], ask["number"]),
        "load": lambda ask: player.load(ask["module"], ask["weights"]),
        "gradients": lambda ask: player.gradients(ask["of"], ask["by"], ask["upstream"]),
    }
    while True:
        try:
            request = channel.receive()
        except EOFError:
            return
        if request["ask"] == "run":
            player = LocalPlayer(_run(channel, request))
            channel.send(encode({"ran": True}))
            continue
        try:
            reply = {"value": answers[request["ask"]](request)}
        except StudentError as error:
            raised = error.raised
            reply = {"raised": [raised.type_name, raised.text, raised.line_number, raised.line]}
        channel.send(encode(reply))


def main() -> None:
    """Serve on the descriptor that the last argument names."""
    os.environ["MPLBACKEND"] = INLINE
    serve(Channel(int(sys.argv[-1])))
