"""Starts a container as a process and talks to it: for the tests of containers, the SDK's own and an author's."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

START_SECONDS = 60
CALL_SECONDS = 30
_ADDRESS = re.compile(r"listening on (?:http://127\.0\.0\.1:(\d+)|unix:(\S+))")


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    def split(self):
        """(JSON header, bytes of the tensors) of a binary answer."""
        length = int(self.headers["inference-header-content-length"])
        return json.loads(self.body[:length]), self.body[length:]


class ContainerProcess:
    """with ContainerProcess("main.py", {"ORCHESTRATOR_ARTEFACT": path}) as container: container.wait_ready(); container.get("/v2")"""

    def __init__(self, script, environment=None, options=None):
        own = {k: v for k, v in os.environ.items() if not k.startswith("ORCHESTRATOR_")}
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        own.update({"ORCHESTRATOR_PORT": "0", "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})})
        if options is not None:
            own["ORCHESTRATOR_OPTIONS"] = json.dumps(options)
        self._process = subprocess.Popen([sys.executable, str(script)], env=own, stderr=subprocess.PIPE, text=True)
        self._lines, self._address = [], None
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self.wait_exit()

    def _read(self):
        for line in self._process.stderr:
            self._lines.append(line.rstrip("\n"))
            match = _ADDRESS.search(line)
            if match:
                self._address = match
                self._listening.set()
        self._listening.set()

    @property
    def log(self):
        return "\n".join(self._lines)

    def wait_exit(self, seconds=START_SECONDS):
        """The exit code; all log lines are there afterwards."""
        code = self._process.wait(seconds)
        self._reader.join(seconds)
        self._process.stderr.close()
        return code

    def signal(self, number=signal.SIGTERM):
        self._process.send_signal(number)

    def connect(self, seconds=CALL_SECONDS):
        """A plain socket, for what no HTTP client would send."""
        assert self._listening.wait(START_SECONDS) and self._address, self.log
        port, path = self._address.groups()
        if path:
            plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            plain.settimeout(seconds)
            plain.connect(path)
            return plain
        plain = socket.create_connection(("127.0.0.1", int(port)), timeout=seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # http.client sends header and body apart: 40 ms each otherwise
        return plain

    def connection(self, seconds=CALL_SECONDS):
        connection = http.client.HTTPConnection("container", timeout=seconds)
        connection.sock = self.connect(seconds)
        return connection

    def call(self, method, path, body=None, headers=None, connection=None):
        own = connection is None
        connection = connection or self.connection()
        try:
            connection.request(method, path, body, headers or {})
            return self.receive(connection)
        finally:
            if own:
                connection.close()

    def get(self, path):
        return self.call("GET", path)

    def send(self, body, headers=None):
        """Sends an inference request and returns once the container has taken it in, with the connection to read the reply from."""
        connection = self.connection()
        connection.request("POST", "/v2/models/model/infer", json.dumps(body), headers or {})
        for _ in range(3):  # the event loop works in order: what it answers now, it read after the request
            self.get("/v2/health/live")
        return connection

    @staticmethod
    def receive(connection):
        response = connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def infer(self, body, headers=None, connection=None, path="/v2/models/model/infer"):
        """body: a dict is sent as JSON."""
        return self.call("POST", path, json.dumps(body) if isinstance(body, dict) else body, headers, connection)

    def infer_binary(self, header, *tensors, headers=None, connection=None):
        head = json.dumps(header).encode()
        head += b" " * (-len(head) % 64)
        own = {"Inference-Header-Content-Length": str(len(head)), **(headers or {})}
        return self.infer(head + b"".join(tensors), own, connection)

    def wait_ready(self, seconds=START_SECONDS):
        self.wait_for(self._is_ready, seconds)
        return self

    def _is_ready(self):
        try:
            return self.get("/v2/health/ready").status == 200
        except OSError:  # it has ended: wait_for shows its log
            return False

    def wait_for(self, condition, seconds=START_SECONDS):
        deadline = time.monotonic() + seconds
        while not condition():
            assert self._process.poll() is None and time.monotonic() < deadline, self.log
            time.sleep(0.01)
