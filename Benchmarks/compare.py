"""Holds many streams through each push server in turn, publishes to them, and says what it cost.

For each server: private memory for each held connection, CPU time of its processes for each delivery, how long a message
took to reach the last listener, and how many deliveries were lost. Only /proc, sockets and the standard library: any of it
can be checked by hand.

    compare.py [--connections 10000] [--messages 40] [--bytes 100] [--interval 0.5] [edge pushpin nchan]
"""

import argparse
import json
import os
import resource
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from servers import SERVERS, Origin


class Listeners:
    """Many connections that asked for the same stream, read by one epoll."""

    def __init__(self, address, request):
        self.address = address
        self.request = request
        self.epoll = select.epoll()
        self.sockets = {}
        self.tails = {}
        self.counts = {}
        self.ended = 0

    def open(self, count, window=20):
        """Connects, asks, and waits until the first part of each stream is there. Who is refused asks again; returns how
        often that happened."""
        refused = 0
        while len(self.sockets) < count:
            waiting = {self.ask() for _ in range(min(window, count - len(self.sockets)))}
            deadline = time.monotonic() + 60
            while waiting:
                if time.monotonic() > deadline:
                    raise SystemExit(f"{len(waiting)} streams did not begin within a minute")
                for number, _ in self.epoll.poll(1):
                    data = self.sockets[number].recv(65536)
                    self.tails[number] += data
                    if data and b"\r\n\r\n" not in self.tails[number]:
                        continue
                    waiting.discard(number)
                    if not self.tails[number].startswith(b"HTTP/1.1 200 "):
                        refused += 1
                        said = bytes(self.tails[number])
                        self.sockets.pop(number).close()
                        del self.counts[number]
                    self.tails[number] = b""
            if refused > count:
                raise SystemExit(f"{refused} times a stream was refused, last with {said!r}")
            if len(self.sockets) < count and refused:
                # It said that it is overloaded; asking again at once would not help it.
                time.sleep(0.05)
        return refused

    def ask(self):
        """One more connection."""
        connection = socket.create_connection(self.address, timeout=30)
        connection.sendall(self.request)
        connection.setblocking(False)
        # Numbers of ended streams are not used again while their counts stand: nothing is opened after that.
        number = connection.fileno()
        self.sockets[number] = connection
        self.tails[number] = b""
        self.counts[number] = 0
        self.epoll.register(number, select.EPOLLIN)
        return number

    def read(self, marker, expected, deadline):
        """Counts the marker in what arrives until each connection has had it `expected` times in all, or it is too late.
        Returns when the last one did."""
        behind = sum(1 for number in self.sockets if self.counts[number] < expected)
        last = time.monotonic()
        while behind and time.monotonic() < deadline:
            for number, _ in self.epoll.poll(max(0, deadline - time.monotonic())):
                arrived = self.sockets[number].recv(65536)
                if not arrived:
                    behind -= self.counts[number] < expected
                    self.end(number)
                    continue
                data = self.tails[number] + arrived
                found = data.count(marker)
                if found:
                    before = self.counts[number]
                    self.counts[number] += found
                    behind -= before < expected <= self.counts[number]
                    last = time.monotonic()
                    data = data[data.rindex(marker) + len(marker):]
                self.tails[number] = data[-(len(marker) - 1):]
        return last

    def end(self, number):
        """Gives up a stream that the server has ended; what it had counts on."""
        self.ended += 1
        self.epoll.unregister(number)
        self.sockets.pop(number).close()

    def close(self):
        for connection in self.sockets.values():
            connection.close()
        self.epoll.close()


def private_bytes(processes):
    """Memory that only these processes have."""
    total = 0
    for process in processes:
        with open(f"/proc/{process}/smaps_rollup") as rollup:
            total += sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Private_"))
    return total


def cpu_seconds(processes):
    """User and system time so far."""
    ticks = 0
    for process in processes:
        with open(f"/proc/{process}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(server, options):
    """All figures of one server."""
    listeners = Listeners(server.address, server.request())
    idle = private_bytes(server.processes())
    started = cpu_seconds(server.processes())
    begun = time.monotonic()
    refused = listeners.open(options.connections)
    opening = time.monotonic() - begun
    accepting = cpu_seconds(server.processes()) - started
    held = private_bytes(server.processes())

    # The marker ends each message, so that a message counts when all of it is there.
    marker = b"#end-of-message#"
    message = "x" * max(0, options.bytes - len(marker)) + marker.decode()
    server.publish(message)
    listeners.read(marker, 1, time.monotonic() + 60)
    before = cpu_seconds(server.processes())
    delays = []
    for number in range(options.messages):
        sent = time.monotonic()
        server.publish(message)
        last = listeners.read(marker, number + 2, sent + 60)
        delays.append(last - sent)
        # The pace: what is left of the interval is idle time, in which a server may tidy up.
        listeners.read(marker, number + 3, sent + options.interval)
    used = cpu_seconds(server.processes()) - before
    expected = options.connections * (options.messages + 1)
    received = sum(listeners.counts.values())
    listeners.close()
    deliveries = options.connections * options.messages
    delays.sort()
    return {
        "server": server.name,
        "connections": options.connections,
        "refused at first": refused,
        "messages": options.messages,
        "bytes of memory for each connection": round((held - idle) / options.connections),
        "CPU microseconds to accept and hold": round(accepting / options.connections * 1e6, 1),
        "connections a second": round(options.connections / opening),
        "CPU microseconds for each delivery": round(used / deliveries * 1e6, 2),
        "deliveries for each CPU second": round(deliveries / used) if used else None,
        "milliseconds to the last listener, median": round(delays[len(delays) // 2] * 1e3, 1),
        "milliseconds to the last listener, longest": round(delays[-1] * 1e3, 1),
        "streams that the server ended": listeners.ended,
        "lost": expected - received,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=40)
    parser.add_argument("--bytes", type=int, default=100, help="of each message")
    parser.add_argument("--interval", type=float, default=0.5, help="seconds between two messages")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each server")
    parser.add_argument("servers", nargs="*", default=["edge", "pushpin", "nchan"])
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.connections + 200 > hard:
        raise SystemExit(f"{options.connections} connections need more descriptors than the {hard} that are allowed here")

    results = []
    for name in options.servers:
        if name not in SERVERS:
            raise SystemExit(f"{name} is none of {', '.join(SERVERS)}")
        missing = SERVERS[name].missing()
        if missing:
            print(f"{name}: not measured, {missing}", file=sys.stderr)
            continue
        folder = tempfile.mkdtemp(prefix="compare-")
        origin = Origin()
        server = SERVERS[name](folder, origin.address)
        try:
            server.start()
            results.append(measure(server, options))
        except SystemExit as problem:
            # The others are measured all the same.
            print(f"{name}: not measured, {problem}", file=sys.stderr)
            continue
        finally:
            server.stop()
            origin.stop()
            shutil.rmtree(folder, ignore_errors=True)
        if options.json:
            print(json.dumps(results[-1]), flush=True)
    if results and not options.json:
        width = max(len(key) for key in results[0])
        for key in results[0]:
            print(f"{key:{width}}  " + "  ".join(f"{str(result[key]):>12}" for result in results))


if __name__ == "__main__":
    main()
