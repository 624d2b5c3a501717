"""The contract's answers beside inference."""

import json
import socket

import pytest

from orchestrator_container.testing import ContainerProcess

JSON = "application/json"


def test_health_ready_is_ready(adding):
    assert adding.get("/v2/health/live").json == {"live": True}
    assert adding.get("/v2/health/ready").json == {"ready": True}
    assert adding.get("/v2/models/model/ready").json == {"name": "model", "ready": True}
    assert adding.get("/v2/models/model/versions/1/ready").status == 200


def test_server_metadata_names_extensions(adding):
    assert adding.get("/v2").json == {"name": "orchestrator-test", "version": "1.0.0",
                                      "extensions": ["binary_tensor_data", "orchestrator_container_1"]}


@pytest.mark.parametrize("path", ["/v2/models/model", "/v2/models/model/versions/1"])
def test_model_metadata_is_complete(adding, path):
    assert adding.get(path).json == {
        "name": "model", "versions": ["1"], "platform": "test",
        "inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, 3]}],
        "outputs": [{"name": "sum", "datatype": "FP64", "shape": [-1]}, {"name": "text", "datatype": "BYTES", "shape": [-1]}],
        "properties": {"concurrency": "1", "max_batch_size": "8", "framework": "test 1.0", "warnings": "old model", "own": "1"}}


@pytest.mark.parametrize("path", ["/", "/v2/", "/v2/models", "/v2/models/other", "/v2/models/model/versions/2", "/v2/models/model/x",
                                  "/v2/models/other/ready", "/v3", "/v2/health", "/v2/models/model/versions/1/infer/more"])
def test_unknown_path_is_404(adding, path):
    reply = adding.get(path)
    assert (reply.status, reply.headers["content-type"]) == (404, JSON)
    assert "not found" in reply.error


@pytest.mark.parametrize("method, path", [("GET", "/v2/models/model/infer"), ("PUT", "/v2/models/model/versions/1/infer"),
                                          ("POST", "/v2/health/live"), ("DELETE", "/v2/models/model"), ("PUT", "/mirror")])
def test_wrong_verb_is_405(adding, method, path):
    reply = adding.call(method, path, body=b"")
    assert (reply.status, reply.headers["content-type"]) == (405, JSON)
    assert reply.headers["allow"] in reply.error


def test_infer_of_other_model_is_404(adding):
    assert adding.infer({}, path="/v2/models/other/infer").status == 404
    assert "version '1'" in adding.infer({}, path="/v2/models/model/versions/9/infer").error


def test_names_with_any_character_are_served(start):
    container = start(MODEL="a b/ü", VERSION="v 1")
    reply = container.get("/v2/models/a%20b%2F%C3%BC/versions/v%201")
    assert (reply.json["name"], reply.json["versions"]) == ("a b/ü", ["v 1"])


def test_loading_is_live_but_not_ready(start):
    container = start("slow_load", ready=False)
    assert container.get("/v2/health/live").status == 200
    assert (container.get("/v2/health/ready").status, container.get("/v2/health/ready").json) == (503, {"ready": False})
    assert container.get("/v2/models/model/ready").json == {"name": "model", "ready": False}
    assert container.get("/v2/models/model").status == 503
    refused = container.infer({"inputs": []})
    assert refused.status == 503 and "orchestrator-busy" not in refused.headers
    container.call("POST", "/release")
    container.wait_ready()
    assert container.get("/v2/models/model").status == 200


def test_unix_socket_serves_and_is_removed(start, tmp_path):
    path = tmp_path / "model.sock"
    with socket.socket(socket.AF_UNIX) as leftover:  # of a process that was killed
        leftover.bind(str(path))
    container = start(SOCKET=path)
    assert container.get("/v2/health/live").status == 200
    container.signal()
    assert container.wait_exit() == 0
    assert not path.exists()


def test_broken_http_is_400_with_json(adding):
    for request in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"):
        with adding.connect() as plain:
            plain.sendall(request)
            answer = b"".join(iter(lambda: plain.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ") and b"content-type: application/json" in head
        assert json.loads(body)["error"]
    assert adding.get("/v2/health/live").status == 200


def test_log_has_no_line_per_request(adding):
    before = adding.log
    adding.get("/v2/health/live")
    adding.infer({"inputs": 3})
    assert adding.log == before


def test_container_without_load_function_says_so(tmp_path):
    script = tmp_path / "main.py"
    script.write_text("from orchestrator_container import Container\nContainer().serve()\n")
    with ContainerProcess(script) as container:
        assert container.wait_exit() == 1
        assert "no load function" in container.log


def test_short_form_serves(tmp_path):
    script = tmp_path / "main.py"
    script.write_text(
        "from orchestrator_container import Signature, Tensor, serve\n"
        "def double(inputs, context):\n    return {'y': inputs['x'] * 2}\n"
        "serve(double, Signature([Tensor('x', 'FP32', [-1])], [Tensor('y', 'FP32', [-1])]), max_batch_size=4)\n")
    with ContainerProcess(script) as container:
        reply = container.wait_ready().infer({"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}]})
        assert reply.json["outputs"][0]["data"] == [2.0, 4.0]


def test_pipelined_requests_are_answered_in_order(adding):
    def request(number):
        body = json.dumps({"id": str(number), "inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 3], "data": [number, 0, 0]}]}).encode()
        return b"POST /v2/models/model/infer HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def live(close=b""):
        return b"GET /v2/health/live HTTP/1.1\r\nHost: a\r\n" + close + b"\r\n"

    with adding.connect() as plain:
        plain.sendall(request(1) + live() + request(2) + request(3) + live() + live(b"Connection: close\r\n"))
        answer = b"".join(iter(lambda: plain.recv(65536), b""))
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [json.loads(b).get("id", "live") for b in bodies] == ["1", "live", "2", "3", "live", "live"]


def test_body_in_pieces_and_caller_who_leaves(adding):
    body = b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":[1,2,3]}]}'
    head = b"POST /v2/models/model/infer HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    with adding.connect() as plain:
        for i, piece in enumerate([head, body[:5], body[5:30], body[30:]]):
            plain.sendall(piece)
            adding.get("/v2/health/live")  # so that the pieces arrive apart
        assert plain.recv(65536).endswith(b'"data":["row 1"]}]}')
    with adding.connect() as plain:
        plain.sendall(head + body[:5])
    with adding.connect() as plain:
        plain.sendall(head + body)
    assert adding.infer(body).status == 200


def test_chunked_and_expected_bodies_are_served(adding):
    """The long way through ASGI, which ordinary requests do not take."""
    body = b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":[1,2,3]}]}'
    assert adding.infer(iter([body[:7], body[7:]])).json["outputs"][0]["data"] == [6.0]
    with adding.connect() as plain:
        plain.sendall(b"POST /v2/models/model/infer HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert plain.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        plain.sendall(body)
        assert plain.recv(65536).startswith(b"HTTP/1.1 200 OK")
    with adding.connect() as plain:
        plain.sendall(b"POST /v2/models/model/infer HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = b"".join(iter(lambda: plain.recv(65536), b""))
        assert b" 200 OK" in answer and b'"data":[6.0]' in answer
