"""Holds many streams through the edge, and watches them while other clients behave badly.

The bad ones: a reader that never reads, a client that sends its request one byte a second, and thousands that come and go.
For each: how long messages took to reach the last of the good listeners, how much memory the edge had, and what became of
the bad one. Only /proc, sockets and the standard library.

    neighbours.py [--connections 10000] [--visitors 5000] [--messages 12] [--interval 1]
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import socket
import tempfile
import threading
import time

from compare import Listeners, private_bytes
from servers import SERVERS, Origin

MARKER = b"#end-of-message#"


class Watch:
    """The good listeners, and what is measured of them."""

    def __init__(self, server, options):
        self.server = server
        self.options = options
        self.published = 0
        self.listeners = Listeners(server.address, server.request())
        self.listeners.open(options.connections)

    def phase(self, name, messages=None):
        """Publishes at the usual pace, and prints how it went."""
        delays = []
        for _ in range(messages or self.options.messages):
            sent = time.monotonic()
            self.server.publish("x" * 84 + MARKER.decode())
            self.published += 1
            last = self.listeners.read(MARKER, self.published, sent + 60)
            delays.append((last - sent) * 1e3)
            time.sleep(max(0, sent + self.options.interval - time.monotonic()))
        delays.sort()
        memory = private_bytes(self.server.processes()) / 2**20
        print(f"{name:42} to the last listener {delays[len(delays) // 2]:7.1f} ms median {delays[-1]:7.1f} ms longest, "
              f"memory {memory:6.1f} MB", flush=True)

    def lost(self):
        return self.options.connections * self.published - sum(self.listeners.counts.values())


class Deaf:
    """Asks for a stream and never reads it."""

    def __init__(self, server):
        self.server = server
        self.connection = socket.socket()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connection.connect(server.address)
        self.connection.sendall(b"GET /deaf HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.5)
        self.sent = 0

    def flood(self, count, size):
        item = {"channel": "deaf", "formats": {"http-stream": {"content": "y" * size}}}
        body = json.dumps({"items": [item]})
        for _ in range(count):
            self.server.post(self.server.control, "/publish/", body)
            self.sent += size
            time.sleep(0.02)

    def outcome(self):
        """Reads at last: how much there was, and how it ended."""
        self.connection.settimeout(2)
        received = 0
        try:
            while part := self.connection.recv(65536):
                received += len(part)
            end = "closed"
        except ConnectionResetError:
            end = "reset"
        except TimeoutError:
            end = "still open"
        return f"it was sent {self.sent >> 10} KiB, found {received >> 10} KiB when it read, and was {end}"


class Trickle:
    """Sends its request one byte a second."""

    def __init__(self, server):
        self.server = server
        self.result = "it was still served after 20 s"
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        begun = time.monotonic()
        connection = socket.create_connection(self.server.address)
        connection.settimeout(1)
        for byte in b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"[:20]:
            try:
                connection.send(bytes([byte]))
                answer = connection.recv(4096)
                line = answer.split(b"\r\n")[0].decode() or "no answer"
                self.result = f"after {time.monotonic() - begun:.1f} s it got: {line}"
                break
            except TimeoutError:
                continue
        connection.close()


def visit(address, request, count):
    """Comes and goes, so many times."""
    for _ in range(count):
        with socket.create_connection(address, timeout=30) as connection:
            connection.sendall(request)
            connection.recv(4096)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--visitors", type=int, default=5000)
    parser.add_argument("--messages", type=int, default=12, help="of each phase")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between two messages")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = tempfile.mkdtemp(prefix="neighbours-")
    origin = Origin()
    server = SERVERS["edge"](folder, origin.address)
    try:
        server.start()
        watch = Watch(server, options)
        watch.phase("nobody else")
        deaf = Deaf(server)
        flood = threading.Thread(target=deaf.flood, args=(200, 32_768))
        flood.start()
        watch.phase("beside a reader that never reads")
        flood.join()
        print("   " + deaf.outcome())
        trickle = Trickle(server)
        watch.phase("beside a request of one byte a second")
        trickle.thread.join()
        print("   " + trickle.result)
        visitors = multiprocessing.get_context("fork").Process(
            target=visit, args=(server.address, server.request(), options.visitors), daemon=True)
        begun = time.monotonic()
        visitors.start()
        watch.phase(f"while {options.visitors} come and go")
        visitors.join()
        print(f"   they came and went in {time.monotonic() - begun:.1f} s, exit status {visitors.exitcode}")
        watch.phase("nobody else again")
        print(f"deliveries lost: {watch.lost()}, streams that the edge ended: {watch.listeners.ended}")
        watch.listeners.close()
    finally:
        server.stop()
        origin.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
