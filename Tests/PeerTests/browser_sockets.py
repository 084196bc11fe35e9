"""The edge's WebSockets in Chromium: `python3 browser_sockets.py EDGE_URL OUTPUT_DIR`, with the control port in CONTROL_URL.

Behind the edge /native leads to a WebSocket server on the port NATIVE_PORT and /http to a WebSocket-over-HTTP origin on the
port HTTP_PORT; both are started here, from the libraries websockets and gripcontrol as they are. Both do the same: they
subscribe each client to a channel, echo what it says, close at `bye`, and refuse under /…/no. An empty page is at /.
"""

import json
import os
import queue
import sys
import threading
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gripcontrol import (
    WebSocketContext, WebSocketEvent, decode_websocket_events, encode_websocket_events, websocket_control_message)
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "BrowserTests"))

from support import main  # noqa: E402

# What the clients closed with, as the origins were told.
closes = queue.Queue()


def native():
    def conversation(socket):
        socket.send("c:" + websocket_control_message("subscribe", {"channel": "native"}))
        socket.send("m:welcome")
        try:
            for message in socket:
                if message == "bye":
                    socket.close(4001, "good night")
                else:
                    socket.send("m:" + message if isinstance(message, str) else b"m:" + message)
        except ConnectionClosed:
            pass
        received = socket.protocol.close_rcvd
        closes.put((received.code, received.reason) if received else None)

    def refuse(socket, request):
        return socket.respond(HTTPStatus.FORBIDDEN, "no\n") if request.path.endswith("/no") else None

    def speak_grip(socket, request, response):
        response.headers["Sec-WebSocket-Extensions"] = "grip"

    server = serve(
        conversation, "127.0.0.1", int(os.environ["NATIVE_PORT"]), subprotocols=["chat"], compression=None,
        process_request=refuse, process_response=speak_grip)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class OverHTTP(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *rest):
        pass

    def answer(self, status, fields, body):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        events = decode_websocket_events(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/no"):
            return self.answer(403, [("Content-Type", "text/plain")], b"no\n")
        socket = WebSocketContext(self.headers["Connection-Id"], {}, events)
        # The library drops the reason of a close, so that it is answered with the same bytes here.
        end = next((event for event in events if event.type == "CLOSE"), None)
        if end:
            code = end.content or b""
            closes.put((int.from_bytes(code[:2], "big"), code[2:].decode()) if code else None)
        try:
            if socket.is_opening():
                socket.accept()
                socket.subscribe("http")
                socket.send("welcome")
            while socket.can_recv():
                message = socket.recv()
                if message is None:
                    socket.out_events.append(WebSocketEvent("CLOSE", end.content))
                elif message == "bye":
                    socket.out_events.append(WebSocketEvent("CLOSE", (4001).to_bytes(2, "big") + b"good night"))
                elif isinstance(message, bytes):
                    socket.send_binary(message)
                else:
                    socket.send(message)
        except IOError:
            pass
        out = ([WebSocketEvent("OPEN")] if socket.accepted else []) + socket.out_events
        fields = [("Content-Type", "application/websocket-events")]
        if socket.accepted:
            fields += [("Sec-WebSocket-Extensions", "grip"), ("Sec-WebSocket-Protocol", "chat")]
        self.answer(200, fields, encode_websocket_events(out))


def over_http():
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["HTTP_PORT"])), OverHTTP)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def publish(channel, message):
    body = json.dumps({"items": [{"channel": channel, "formats": {"ws-message": message}}]}).encode()
    request = urllib.request.Request(os.environ["CONTROL_URL"] + "/publish/", data=body, method="POST")
    urllib.request.urlopen(request, timeout=30).read()


PAGE = """path => {
    window.received = [];
    window.ended = null;
    window.socket = new WebSocket(location.origin.replace("http", "ws") + path, ["other", "chat"]);
    window.socket.binaryType = "arraybuffer";
    window.socket.addEventListener("message", event => window.received.push(
        typeof event.data == "string" ? event.data : Array.from(new Uint8Array(event.data))));
    window.socket.addEventListener("close", event => {
        window.ended = [event.code, event.reason, event.wasClean];
    });
}"""


def conversation(run, page, way):
    def received(count):
        page.wait_for_function(f"() => window.received.length == {count}")
        return page.evaluate("() => window.received")

    def closed():
        page.wait_for_function("() => window.ended")
        return page.evaluate("() => window.ended")

    page.evaluate(PAGE, f"/{way}")
    run.check(f"{way}: what the origin sends first", received(1) == ["welcome"])
    run.check(f"{way}: the subprotocol of the origin", page.evaluate("() => window.socket.protocol") == "chat")
    page.evaluate("() => window.socket.send('zw\u00f6lf \U0001F600')")
    run.check(f"{way}: text to and fro", received(2)[1] == "zw\u00f6lf \U0001F600")
    page.evaluate("() => window.socket.send(new Uint8Array([0, 127, 255]))")
    run.check(f"{way}: bytes to and fro", received(3)[2] == [0, 127, 255])
    page.evaluate("() => window.socket.send('a'.repeat(100000))")
    run.check(f"{way}: a long text to and fro", received(4)[3] == "a" * 100_000)
    publish(way, {"content": "published"})
    publish(way, {"content-bin": "AP8="})
    run.check(f"{way}: what is published", received(6)[4:] == ["published", [0, 255]], received(6)[4:])
    page.evaluate("() => window.socket.close(4000, 'enough')")
    run.check(f"{way}: the page's close comes back", closed()[0] == 4000 and closed()[2], closed())
    heard = closes.get(timeout=30)
    run.check(f"{way}: the origin hears of it", heard == (4000, "enough"), heard)

    page.evaluate(PAGE, f"/{way}")
    received(1)
    page.evaluate("() => window.socket.send('bye')")
    run.check(f"{way}: a close of the origin", closed() == [4001, "good night", True], closed())
    closes.get(timeout=30)

    page.evaluate(PAGE, f"/{way}")
    received(1)
    publish(way, {"action": "close", "code": 4002, "reason": "away with you"})
    run.check(f"{way}: a published close", closed() == [4002, "away with you", True], closed())
    closes.get(timeout=30)

    page.evaluate(PAGE, f"/{way}/no")
    run.check(f"{way}: a refusal is an error", closed()[0] == 1006, closed())
    # The browser says so on its console.
    run.check(f"{way}: and told as one", len(run.alarms) == 1 and "403" in run.alarms[0], run.alarms)
    run.alarms.clear()


def test(run):
    native()
    over_http()
    page = run.window("page")
    page.goto(run.base + "/")
    conversation(run, page, "native")
    conversation(run, page, "http")
    run.calm()


main(test)
