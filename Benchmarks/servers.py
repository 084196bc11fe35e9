"""How each measured server is started, asked and published to."""

import http.client
import http.server
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import time


def free_port():
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, process):
    """Waits until somebody listens."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{process.args[0]} does not listen on port {port}")


class HoldingAnswers(http.server.BaseHTTPRequestHandler):
    """Whatever is asked: hold it on channel `bench`, or on `deaf` where that is the path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "0")
        self.send_header("Grip-Hold", "stream")
        self.send_header("Grip-Channel", "deaf" if self.path == "/deaf" else "bench")
        self.end_headers()

    def log_message(self, *_):
        pass


class ManyConnections(http.server.ThreadingHTTPServer):
    """A server that lets connections wait instead of dropping them."""

    request_queue_size = 1024


class Origin:
    """The application behind the GRIP proxies, in a process of its own."""

    def __init__(self):
        server = ManyConnections(("127.0.0.1", 0), HoldingAnswers)
        self.address = server.server_address
        self.process = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
        self.process.start()
        server.server_close()

    def stop(self):
        self.process.terminate()
        self.process.join()


class Server:
    """A server of processes that are started and stopped together."""

    name = ""

    def __init__(self, folder, origin):
        self.folder = folder
        self.origin = f"{origin[0]}:{origin[1]}"
        self.port = free_port()
        self.control = free_port()
        self.started = []

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    @classmethod
    def missing(cls):
        """What is not there to start it, or an empty text."""
        return ""

    def run(self, *command):
        log = open(os.path.join(self.folder, os.path.basename(command[0]) + ".log"), "w")
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.started.append(process)
        return process

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def processes(self):
        """Ids of all its processes, with those that they started."""
        found = [process.pid for process in self.started]
        for process in found:
            with open(f"/proc/{process}/task/{process}/children") as children:
                found.extend(int(child) for child in children.read().split())
        return found

    def request(self):
        return b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def publish(self, message):
        item = {"channel": "bench", "formats": {"http-stream": {"content": message}}}
        self.post(self.control, "/publish/", json.dumps({"items": [item]}))

    def post(self, port, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", path, body)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status not in (200, 201, 202):
            raise SystemExit(f"publish: {answer.status} {text!r}")

    def stop(self):
        for process in reversed(self.started):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.started):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Edge(Server):
    """The optimised `fanout edge` of this package."""

    name = "edge"
    program = os.path.join(os.path.dirname(__file__), "..", ".build", "release", "fanout")

    @classmethod
    def missing(cls):
        return "" if os.path.exists(cls.program) else "make build makes it"

    def start(self):
        routes = self.write("routes", f"* {self.origin}\n")
        configuration = self.write(
            "pushpin.conf",
            f"[runner]\nhttp_port=127.0.0.1:{self.port}\n[proxy]\nroutesfile={routes}\nsig_key=bench\n"
            f"[handler]\npush_in_http_addr=127.0.0.1\npush_in_http_port={self.control}\n")
        process = self.run(self.program, "edge", "--config", configuration)
        wait_for_port(self.port, process)
        wait_for_port(self.control, process)


class Pushpin(Server):
    """Debian's Pushpin: its four programs, as its own runner would start them."""

    name = "pushpin"
    internal = "/usr/lib/pushpin/internal.conf"

    @classmethod
    def missing(cls):
        names = ["condure", "zurl", "pushpin-proxy", "pushpin-handler"]
        gone = [name for name in names if not shutil.which(name)]
        return f"{', '.join(gone)} is not installed" if gone else ""

    def start(self):
        folder = self.folder
        ends = {"condure_in_specs": "out", "condure_in_stream_specs": "out-stream", "condure_out_specs": "in"}
        lines = []
        with open(self.internal) as internal:
            for line in internal:
                key = line.split("=")[0]
                line = line.replace("{rundir}/{ipc_prefix}", f"{folder}/p-").replace("/var/run/zurl/", f"{folder}/")
                lines.append(f"{key}=ipc://{folder}/p-condure-{ends[key]}\n" if key in ends else line)
        self.write("internal.conf", "".join(lines))
        self.write("routes", f"* {self.origin}\n")
        configuration = self.write("pushpin.conf", f"""[global]
include={folder}/internal.conf
rundir={folder}
ipc_prefix=p-
port_offset=0
stats_connection_ttl=120
[runner]
services=condure,pushpin-proxy,pushpin-handler
http_port={self.port}
logdir={folder}
log_level=1
client_buffer_size=8192
client_maxconn=50000
[proxy]
routesfile={folder}/routes
debug=false
auto_cross_origin=false
accept_x_forwarded_protocol=false
set_x_forwarded_protocol=proto-only
x_forwarded_for=
accept_pushpin_route=false
sig_iss=pushpin
sig_key=bench
updates_check=off
[handler]
push_in_spec=ipc://{folder}/p-push
push_in_sub_specs=ipc://{folder}/p-sub
push_in_http_addr=127.0.0.1
push_in_http_port={self.control}
push_in_http_max_headers_size=10000
push_in_http_max_body_size=1000000
stats_spec=ipc://{folder}/p-stats
command_spec=ipc://{folder}/p-command
message_rate=0
message_hwm=0
message_wait=5000
id_cache_ttl=60
connection_subscription_max=20
subscription_linger=60
stats_subscription_ttl=60
stats_report_interval=10
stats_format=tnetstring
""")
        zurl = self.write("zurl.conf", f"""[General]
instance_id=
in_spec=ipc://{folder}/zurl-in
in_stream_spec=ipc://{folder}/zurl-in-stream
out_spec=ipc://{folder}/zurl-out
in_req_spec=ipc://{folder}/zurl-req
ipc_file_mode=660
defpolicy=allow
allow=
deny=
max_open_requests=10000
buffer_size=200000
timeout=600
in_hwm=100000
out_hwm=100000
""")
        # One connection manager may hold as many connections as it may have descriptors.
        front = self.run(
            "condure", "--log-level=1", "--id=condure", f"--listen=127.0.0.1:{self.port},stream",
            f"--zclient-stream=ipc://{folder}/p-condure", "--buffer-size=8192", "--stream-maxconn=18000")
        self.run("zurl", f"--config={zurl}", "--loglevel=1")
        self.run("pushpin-proxy", f"--config={configuration}", "--loglevel=1")
        handler = self.run("pushpin-handler", f"--config={configuration}", "--loglevel=1")
        wait_for_port(self.port, front)
        wait_for_port(self.control, handler)
        self.wait_until_it_holds()

    def wait_until_it_holds(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.create_connection(self.address, timeout=5) as probe:
                probe.sendall(self.request())
                if probe.recv(1024).startswith(b"HTTP/1.1 200"):
                    return
        raise SystemExit("Pushpin holds nothing")


class Nchan(Server):
    """nginx with the Nchan module: no GRIP, the same kind of streams."""

    name = "nchan"
    module = "/usr/lib/nginx/modules/ngx_nchan_module.so"

    @classmethod
    def missing(cls):
        return "" if os.path.exists(cls.module) else "libnginx-mod-nchan is not installed"

    def start(self):
        descriptors = os.sysconf("SC_OPEN_MAX")
        configuration = self.write("nginx.conf", f"""load_module {self.module};
daemon off;
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log warn;
worker_processes 1;
worker_rlimit_nofile {descriptors};
events {{ worker_connections {descriptors - 100}; multi_accept on; }}
http {{
  access_log off;
  keepalive_timeout 3600s;
  client_body_temp_path {self.folder}/body;
  proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/fastcgi;
  uwsgi_temp_path {self.folder}/uwsgi;
  scgi_temp_path {self.folder}/scgi;
  nchan_shared_memory_size 512m;
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    nchan_channel_id bench;
    nchan_subscriber_first_message newest;
    nchan_subscriber_timeout 0;
    location = /stream {{ nchan_subscriber http-chunked; }}
    location = /publish {{ nchan_publisher; }}
  }}
}}
""")
        wait_for_port(self.port, self.run("nginx", "-c", configuration, "-p", self.folder))

    def request(self):
        # Without TE it is no subscriber of this kind, and refused.
        return b"GET /stream HTTP/1.1\r\nHost: localhost\r\nTE: chunked\r\n\r\n"

    def publish(self, message):
        self.post(self.port, "/publish", message)


SERVERS = {server.name: server for server in (Edge, Pushpin, Nchan)}
