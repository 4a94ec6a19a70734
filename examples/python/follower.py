"""Follows a room and speaks in it: nothing lost, nothing twice, nothing out of order."""

import json
import random
import threading
import time
import uuid

from websockets.exceptions import ConnectionClosed

from hubbub import BROKEN, LATER, STAY_AWAY, Problem, send

SILENCE = 35  # Seconds without a word after which the server is dead.
RECENT = 20  # Events shown of a room that is followed for the first time.


class Follower:
    """Calls `show(event, nicks)` for each event of the room, once and in order, and
    `settled(body, error)` for what it was to say, once that is durable or refused for good."""

    def __init__(self, server, room, show, settled):
        self.server, self.kept, self.name = server, server.kept, room
        self.show, self.settled = show, settled
        self.live, self.lock, self.bound = None, threading.RLock(), 0.5

    def run(self):
        """Goes on whatever breaks, until the server refuses for good: that is raised."""
        while True:
            self.wait = 0
            try:
                self.visit()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                if code in STAY_AWAY:
                    raise
                if code == 4001:
                    self.kept.keep(token=None)
            except Problem as problem:
                if problem.is_final:
                    raise
                if problem.code == "unauthorized":
                    self.kept.keep(token=None)
                self.wait = problem.wait
            except BROKEN:
                pass  # The server is not there, or not any more.
            self.live = None
            time.sleep(self.wait or random.uniform(0, self.bound))
            self.bound = min(self.bound * 2, 30)

    def visit(self):
        self.server.sign_in()
        if "room" not in self.kept:
            rooms = {room["name"]: room for room in self.server.ask("GET", "rooms")["rooms"]}
            if self.name not in rooms:
                raise Problem({"code": "not_found"})
            room = rooms[self.name]
            if not room["joined"]:
                self.server.ask("POST", f"rooms/{room['id']}/join")
            self.kept.keep(room=room["id"])
        with self.server.live() as live:
            held = {self.kept["room"]: self.kept["held"]} if "held" in self.kept else {}
            send(live, type="resume", rooms=held, directory=0)
            while True:
                self.take(live, json.loads(live.recv(timeout=SILENCE)))

    def take(self, live, frame):
        match frame:
            case {"type": "resumed", "rooms": rooms, "directory": directory}:
                self.nicks = {user["id"]: user["nick"] for user in directory["users"]}
                self.directory = directory["version"]
                self.go_on(rooms)
                with self.lock:
                    self.bound, self.live = 0.5, live
                    self.say_next()
            case {"type": "person_changed", "directory": version, "user": user}:
                if version > self.directory + 1:
                    raise Problem({"code": "unavailable"})  # One was lost: resume anew.
                if version > self.directory:
                    self.directory, self.nicks[user["id"]] = version, user["nick"]
            case {"type": "event", "event": event} if event["room"] == self.kept["room"]:
                self.catch_up(event["seq"] - 1)
                self.apply(event)
            case {"type": "heartbeat", "heads": heads}:
                send(live, type="heartbeat")
                self.catch_up(heads.get(self.kept["room"], 0))
                if frame.get("directory", 0) > self.directory:
                    raise Problem({"code": "unavailable"})
            case {"type": "refused", "error": {"code": code} as error} if code in LATER:
                time.sleep(Problem(error).wait or random.uniform(1, 5))
                self.say_next()
            case {"type": "reply" | "refused"}:
                with self.lock:
                    message, *rest = self.kept["outbox"]
                    self.kept.keep(outbox=rest)
                    self.say_next()
                self.settled(message["body"], frame.get("error"))
            case {"type": "going_away", "reconnect_in": milliseconds}:
                self.wait = milliseconds / 1000
            case {"type": "error", "error": error}:
                raise Problem(error)

    def go_on(self, rooms):
        """Takes the room up where it was left; of a new one, or one restored, shows the end."""
        state = next((room for room in rooms if room_of(room) == self.kept["room"]), None)
        if state is None:
            raise Problem({"code": "not_found"})
        if state["recovery"] == "recovered":
            return
        snapshot = state["snapshot"]
        if state["recovery"] != "truncated":
            start = max(0, snapshot["head"] - RECENT)
            self.kept.keep(held={"epoch": snapshot["epoch"], "last": start})
        self.catch_up(snapshot["head"])

    def catch_up(self, head):
        """Fetches and applies what is missing up to this place."""
        while (last := self.kept["held"]["last"]) < head:
            where = f"rooms/{self.kept['room']}/log?after={last}&limit=200"
            page = self.server.ask("GET", where)
            if page["epoch"] != self.kept["held"]["epoch"]:
                raise Problem({"code": "unavailable"})  # Restored meanwhile: resume anew.
            for event in page["events"]:
                self.apply(event)

    def apply(self, event):
        if event["seq"] == self.kept["held"]["last"] + 1:
            self.show(event, self.nicks)
            with self.lock:
                self.kept.keep(held=self.kept["held"] | {"last": event["seq"]})

    def say(self, body):
        """Has it said after whatever is still to be said. From any thread."""
        with self.lock:
            message = {"client_message_id": str(uuid.uuid4()), "body": body}
            self.kept.keep(outbox=[*self.kept["outbox"], message])
            if len(self.kept["outbox"]) == 1:
                self.say_next()

    def say_next(self):
        if self.live and self.kept["outbox"]:
            message = {"type": "send_message", "room": self.kept["room"], **self.kept["outbox"][0]}
            send(self.live, type="command", id=1, command=message)  # One at a time: any id will do.


def room_of(state):
    return state["room"] if "room" in state else state["snapshot"]["room"]["id"]
