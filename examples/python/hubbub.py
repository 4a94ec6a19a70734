"""How a Hubbub server is asked: over HTTP, over the live connection, and what it refuses."""

import contextlib
import http.client
import json
import re
import threading
import urllib.error
import urllib.request

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect

STAY_AWAY = {1000, 1003, 1009, 4003, 4010}
LATER = {"rate_limited", "storage_full", "unavailable", "internal"}
BROKEN = (OSError, http.client.HTTPException, WebSocketException)


class Problem(Exception):
    """A refusal, over HTTP or the live connection."""

    def __init__(self, error):
        super().__init__(error["code"])
        self.code, self.wait = error["code"], error.get("retry_after_ms", 0) / 1000
        self.is_final = self.code not in LATER | {"unauthorized"}

    @classmethod
    def read(cls, body):
        try:
            return cls(json.loads(body))
        except (ValueError, KeyError):  # Something between here and the server has answered.
            return cls({"code": "unavailable"})


class Kept(dict):
    """What survives a crash of this program. From any thread."""

    def __init__(self, file, **first):
        super().__init__(json.loads(file.read_text()) if file.exists() else first)
        self.file, self.lock = file, threading.Lock()

    def keep(self, **what):
        with self.lock:
            self.update(what)
            draft = self.file.with_suffix(".new")
            draft.touch(mode=0o600)  # There is a session's token in it.
            draft.write_text(json.dumps(self))
            draft.replace(self.file)


class Server:
    """A server, as somebody who has an account there."""

    def __init__(self, address, nick, password, kept):
        self.address, self.kept = address.rstrip("/"), kept
        self.account = {"nick": nick, "password": password, "token": True}

    def sign_in(self):
        if not self.kept.get("token"):
            self.kept.keep(token=self.ask("POST", "login", self.account)["token"])

    def ask(self, method, path, body=None):
        headers = self.session() | {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        address = f"{self.address}/api/v1/{path}"
        asked = urllib.request.Request(address, data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise Problem.read(refused.read()) from refused

    @contextlib.contextmanager
    def live(self):
        """The live connection, for as long as the block goes on."""
        address = re.sub("^http", "ws", self.address) + "/api/v1/ws?protocol=1"
        # Heartbeats take the place of pings, and the server's frames may be of any length.
        settings = {"ping_interval": None, "max_size": None, "close_timeout": 1}
        try:
            with connect(address, additional_headers=self.session(), **settings) as live:
                yield live
        except InvalidStatus as refused:
            raise Problem.read(refused.response.body) from refused

    def session(self):
        token = self.kept.get("token")
        return {"Authorization": f"Bearer {token}"} if token else {}


def send(live, **frame):
    with contextlib.suppress(ConnectionClosed):  # Whoever receives learns of it.
        live.send(json.dumps(frame))
