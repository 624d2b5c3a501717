"""Busy, body limit, deadline in the queue, and bodies that would make a careless server allocate."""

import time

import pytest

X = {"name": "x", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]}


@pytest.mark.parametrize("concurrency, waiting", [(1, 2), (2, 1)])
def test_beyond_concurrency_and_those_that_wait_is_busy(start, concurrency, waiting):
    container = start("gate", CONCURRENCY=concurrency)
    accepted = [container.send({"inputs": [X]}) for _ in range(concurrency + waiting)]
    for _ in range(concurrency):
        container.get("/entered")
    refused = container.infer({"inputs": [X]})
    assert (refused.status, refused.headers["orchestrator-busy"]) == (503, "1")
    container.call("POST", "/release")
    assert [container.receive(connection).status for connection in accepted] == [200] * len(accepted)
    assert container.infer({"inputs": [X]}).status == 200


def test_deadline_passed_in_the_queue_is_504(start):
    container = start("gate")
    running = container.send({"inputs": [X]})
    container.get("/entered")
    waiting = container.send({"inputs": [X]}, {"Orchestrator-Deadline-Ms": "50"})
    time.sleep(0.06)  # the budget has to pass; there is nothing to poll
    container.call("POST", "/release")
    assert container.receive(waiting).status == 504
    assert container.receive(running).status == 200


def test_body_over_the_limit_is_413_and_the_connection_lives(start):
    container = start(MAX_BATCH_BYTES=1000)
    limit = 2 * 1000 + 1024 * 1024
    connection = container.connection()
    assert container.infer(b" " * (limit + 1), connection=connection).status == 413
    assert container.infer(b" " * limit, connection=connection).status == 400  # read, and no JSON
    assert container.infer({"inputs": [X]}, connection=connection).status == 200
    chunks = (b" " * 65536 for _ in range(32))
    reply = container.call("POST", "/v2/models/model/infer", chunks, None, connection)
    assert reply.status == 413 and str(limit) in reply.error


def test_endless_body_is_cut_off(start):
    container = start(MAX_BATCH_BYTES=1000)
    with container.connect() as plain:
        plain.sendall(b"POST /v2/models/model/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n")
        answer = plain.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413") and b"connection: close" in answer
    with container.connect() as plain:
        plain.sendall(b"POST /v2/models/model/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")
        assert plain.recv(65536).startswith(b"HTTP/1.1 413")


BOMBS = [[10**12, 3], [10**30, 3], [2**62, 3], [2**63, 3], [10**400, 3], [1, 10**12], [-1, 3], [0, 3], [10**12, 0]]


@pytest.mark.parametrize("shape", BOMBS, ids=lambda s: "x".join(str(d)[:12] for d in s))
@pytest.mark.parametrize("size", [None, 0, 24])
def test_large_shapes_without_data_are_400(adding, shape, size):
    given = {"name": "x", "datatype": "FP64", "shape": shape}
    reply = adding.infer_binary({"inputs": [{**given, "parameters": {"binary_data_size": size}}]}, b"\0" * (size or 0)) if size is not None \
        else adding.infer({"inputs": [{**given, "data": [1, 2, 3]}]})
    assert reply.status == 400, reply.body


@pytest.mark.parametrize("count", [10**12, 10**6])
def test_bytes_bombs_are_400(echoing, count):
    for data in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
        header = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [count], "parameters": {"binary_data_size": 4}}]}
        assert echoing.infer_binary(header, data).status == 400


def test_bombs_leave_memory_alone(adding):
    """Run after the bombs above in the same process: its peak is far below what any of them asked for."""
    status = open(f"/proc/{adding._process.pid}/status").read()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024
    assert peak < 400 * 1024 * 1024, peak
