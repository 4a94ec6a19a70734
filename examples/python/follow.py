#!/usr/bin/env python3
"""Follow a room of a Hubbub server on the terminal, and say what is typed."""

import argparse
import getpass
import os
import re
import sys
import threading
from pathlib import Path

from websockets.exceptions import ConnectionClosed

from follower import Follower
from hubbub import Kept, Problem, Server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="http://127.0.0.1:8080")
    parser.add_argument("nick", help="whose account; the password is HUBBUB_PASSWORD, or asked for")
    parser.add_argument("room", help="the name of a room that is open, or that you are in")
    parser.add_argument("--say", metavar="TEXT", help="say this, and leave when it is durable")
    parser.add_argument("--state", type=Path, help="what is kept; NICK-ROOM.state if not named")
    options = parser.parse_args()
    state = options.state or Path(re.sub(r"\W", "-", f"{options.nick}-{options.room}") + ".state")

    def settled(body, error):
        if error:
            print(f"Refused ({error['code']}): {body}", file=sys.stderr)
        if options.say:
            sys.exit(1 if error else 0)

    def type_in():
        for line in sys.stdin:
            if line.strip():
                follower.say(line.rstrip())

    password = os.environ.get("HUBBUB_PASSWORD") or getpass.getpass()
    server = Server(options.server, options.nick, password, Kept(state, outbox=[]))
    follower = Follower(server, options.room, show, settled)
    if options.say:
        follower.say(options.say)
    else:
        threading.Thread(target=type_in, daemon=True).start()
    try:
        follower.run()
    except KeyboardInterrupt:
        pass
    except (Problem, ConnectionClosed) as refused:
        sys.exit(f"The server turns us away: {refused}")


def show(event, nicks):
    who = nicks.get(event["actor"], "somebody")
    match event:
        case {"type": "message_posted", "body": body}:
            line = f"{who}: {body}"
        case {"type": "message_edited", "body": body}:
            line = f"{who} meant: {body}"
        case _:
            return
    # Text is text: nothing in it may command the terminal.
    print(re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", "\ufffd", line), flush=True)


if __name__ == "__main__":
    main()
