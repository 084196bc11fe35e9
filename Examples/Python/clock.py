"""A clock in Python, with the client libraries `gripcontrol` and `pubcontrol` as they come from PyPI.

    pip install gripcontrol
    fanout edge --port 7999 --route '* localhost:9003' &
    python3 clock.py &
    curl -N http://localhost:7999/
"""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gripcontrol import GripPubControl, HttpStreamFormat, create_grip_channel_header, parse_grip_uri
from pubcontrol import Item

publisher = GripPubControl(parse_grip_uri(os.environ.get("GRIP_URL", "http://localhost:5561")))


class Clock(BaseHTTPRequestHandler):
    """Answers every request with an order to the proxy: hold it, on channel `time`."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", "0")
        self.send_header("Grip-Hold", "stream")
        self.send_header("Grip-Channel", create_grip_channel_header("time"))
        self.end_headers()

    def log_message(self, format, *arguments):
        pass


def tick():
    """Publishes the time each second: one request, whoever listens."""
    while True:
        event = "data: %s\n\n" % time.strftime("%H:%M:%S")
        publisher.publish("time", Item(HttpStreamFormat(event)))
        time.sleep(1)


if __name__ == "__main__":
    threading.Thread(target=tick, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9003"))), Clock).serve_forever()
