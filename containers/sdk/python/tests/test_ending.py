"""Signals, drain, health during a batch, and starts that fail."""

import signal
import socket
import time

import model
import pytest

from orchestrator_container.testing import ContainerProcess
from test_limits import X


def test_health_answers_while_python_computes(start):
    container = start("spin")
    running = container.send({"inputs": [X]})
    container.get("/entered")
    began, slowest, connection = time.monotonic(), 0, container.connection()
    while time.monotonic() - began < 5:
        before = time.monotonic()
        assert container.call("GET", "/v2/health/live", connection=connection).status == 200
        assert container.call("GET", "/v2/health/ready", connection=connection).status == 200
        slowest = max(slowest, time.monotonic() - before)
    assert slowest < 2  # microseconds to milliseconds in truth; the machine may be busy
    container.call("POST", "/release")
    assert container.receive(running).status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_finishes_what_runs_and_refuses_new(start, number):
    container = start("gate")
    running = container.send({"inputs": [X]})
    container.get("/entered")
    container.signal(number)
    container.wait_for(lambda: container.get("/v2/health/ready").status == 503)
    assert container.get("/v2/health/live").status == 200
    refused = container.infer({"inputs": [X]})
    assert refused.status == 503 and "draining" in refused.error and "orchestrator-busy" not in refused.headers
    container.call("POST", "/release")
    assert container.receive(running).status == 200
    assert container.wait_exit() == 0


def test_stop_of_an_idle_container_is_immediate(start):
    container = start()
    began = time.monotonic()
    container.signal()
    assert container.wait_exit() == 0 and time.monotonic() - began < 5


def test_stop_while_loading_ends(start):
    container = start("slow_load", ready=False)
    assert container.get("/v2/health/live").status == 200
    container.signal()
    assert container.wait_exit() == 0


def test_drain_is_bounded(start):
    container = start("gate", DRAIN_SECONDS="0.3")
    container.send({"inputs": [X]})
    container.get("/entered")
    container.signal()
    assert container.wait_exit(10) == 0 and "took too long" in container.log


def test_second_signal_ends_at_once(start):
    container = start("gate", DRAIN_SECONDS=600)
    container.send({"inputs": [X]})
    container.get("/entered")
    container.signal()
    container.wait_for(lambda: container.get("/v2/health/ready").status == 503)
    container.signal()
    assert container.wait_exit(10) == 128 + signal.SIGTERM


@pytest.mark.parametrize("case, code, text", [
    ("load_error", 3, "FATAL: no model here, expected one: bring it"),
    ("load_exception", 3, "FATAL: the model did not load (KeyError: 'weights')"),
    ("load_exit", 3, "FATAL: the model did not load (SystemExit: 0)"),
    ("nonsense", 2, "FATAL: option case is 'nonsense', expected one of add")])
def test_failed_load_is_fatal(start, case, code, text):
    container = start(case, ready=False)
    assert container.wait_exit() == code
    fatal = [line for line in container.log.splitlines() if line.startswith("FATAL: ")]
    assert len(fatal) == 1 and fatal[0].startswith(text)


@pytest.mark.parametrize("variables", [
    {"CONCURRENCY": "0"}, {"CONCURRENCY": "two"}, {"PORT": "70000"}, {"THREADS": "-1"}, {"MAX_BATCH_BYTES": "1e6"}, {"DRAIN_SECONDS": "soon"},
    {"OPTIONS": "[]"}, {"OPTIONS": "{"}, {"SOCKET": "/nowhere/at/all.sock"}, {"HOST": "no host at all"}])
def test_wrong_variable_is_fatal_2(start, variables):
    container = start(ready=False, **variables) if "OPTIONS" not in variables else _start_with_options(variables["OPTIONS"])
    with container:
        assert container.wait_exit() == 2
        lines = [line for line in container.log.splitlines() if line.startswith("FATAL: ")]
        assert len(lines) == 1 and f"ORCHESTRATOR_{next(iter(variables))}" in lines[0] and "expected" in lines[0]


def _start_with_options(text):
    return ContainerProcess(model.__file__, {"ORCHESTRATOR_OPTIONS": text})


def test_taken_address_is_fatal_2(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        container = start(ready=False, PORT=taken.getsockname()[1])
        assert container.wait_exit() == 2 and "ORCHESTRATOR_PORT" in container.log


def test_missing_server_package_is_fatal_3(tmp_path):
    script = tmp_path / "main.py"
    script.write_text("import sys\nsys.modules['uvicorn'] = None\n"
                      "from orchestrator_container import Container\nc = Container()\nc.load(lambda settings: None)\nc.serve()\n")
    with ContainerProcess(script) as container:
        assert container.wait_exit() == 3
        assert "FATAL: the server cannot start" in container.log and "install them for" in container.log
