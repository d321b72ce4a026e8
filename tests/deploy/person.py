"""Somebody in front of the hub: logs in by its form, and works in a Jupyter server, over HTTP only."""

from __future__ import annotations

import json
import uuid
from typing import Any

import requests
import websocket

HUB = "http://127.0.0.1:8000"
PATIENCE_S = 300  # for a machine that is busy; only what fails waits so long


class Person:
    """A person of this host, and the server that is open before them."""

    def __init__(self, name: str, password: str, server: str | None = None) -> None:
        """Log in, and start one's own server, or go to that of the course.

        Raises:
            PermissionError: the hub does not let them in.
        """
        self.session = requests.Session()
        self.session.get(f"{HUB}/hub/login").raise_for_status()
        form = {"username": name, "password": password, "_xsrf": self.session.cookies["_xsrf"]}
        if self.session.post(f"{HUB}/hub/login?next=%2Fhub%2Fhome", data=form).url != f"{HUB}/hub/home":
            raise PermissionError(f"the hub does not let {name} in")
        self.server = HUB + (server or f"/user/{name}")
        self.kernel: str | None = None
        if server is None:
            self.session.get(f"{HUB}/hub/spawn").raise_for_status()
            # Ends when the server is there: what moves the bar on the page that asks for patience.
            self.session.get(f"{HUB}/hub/api/users/{name}/server/progress", timeout=PATIENCE_S)
        page = self.session.get(f"{self.server}/lab")  # by way of the hub, which says who comes
        if not (page.ok and page.url.startswith(self.server)):
            raise PermissionError(f"{page.url}: {page.status_code} {page.reason}")

    def without(self) -> list[str]:
        """The parts of JupyterLab that are switched off in this server."""
        page = self.session.get(f"{self.server}/lab").text
        told = page.partition('id="jupyter-config-data"')[2].partition(">")[2].partition("</script>")[0]
        names: list[str] = json.loads(told)["disabledExtensions"]
        return names

    def ask(self, method: str, path: str, **what: Any) -> Any:
        """One request, as the page's buttons make it; what came back, decoded."""
        token = self.session.cookies.get("_xsrf", path=f"{self.server.removeprefix(HUB)}/")
        answer = self.session.request(
            method, self.server + path, headers={"X-XSRFToken": token or ""}, **what
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return json.loads(answer.text) if answer.text else None

    def run(self, code: str) -> str:
        """Run a cell in a notebook's kernel; what it printed, and its error."""
        if self.kernel is None:
            self.kernel = self.ask("POST", "/api/kernels", json={"name": "python3"})["id"]
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.session.cookies)
        address = f"{self.server}/api/kernels/{self.kernel}/channels".replace("http", "ws", 1)
        channel = websocket.create_connection(address, cookie=cookies, timeout=300)
        try:
            header = {
                "msg_id": uuid.uuid4().hex,
                "msg_type": "execute_request",
                "session": "",
                "username": "",
            }
            content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
            channel.send(
                json.dumps(
                    {
                        "header": {**header, "version": "5.3"},
                        "parent_header": {},
                        "metadata": {},
                        "content": content,
                        "channel": "shell",
                    }
                )
            )
            return "".join(printed(channel, header["msg_id"]))
        finally:
            channel.close()


def printed(channel: websocket.WebSocket, request: str) -> list[str]:
    """What comes back from one request, until its kernel is idle."""
    said = []
    while True:
        message = json.loads(channel.recv())
        if message["parent_header"].get("msg_id") != request:
            continue
        content = message["content"]
        if message["msg_type"] == "stream":
            said.append(content["text"])
        elif message["msg_type"] == "error":
            said.append(f"{content['ename']}: {content['evalue']}")
        elif message["msg_type"] == "status" and content["execution_state"] == "idle":
            return said
