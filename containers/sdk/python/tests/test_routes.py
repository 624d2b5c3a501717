"""Routes of the author's own."""

import pytest

from orchestrator_container import Container


def test_own_route_mirrors(adding):
    reply = adding.call("POST", "/mirror?a=1", b"hello")
    assert (reply.status, reply.body, reply.headers["content-type"], reply.headers["x-query"]) == (201, b"hello", "text/x-test", "a=1")


def test_stream_arrives_piece_by_piece(start):
    container = start()
    connection = container.connection()
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(4) == b"one "  # the second piece is held back until the gate opens
    container.call("POST", "/release")
    assert response.read() == b"two"


def test_failing_route_is_500(adding):
    reply = adding.get("/broken")
    assert (reply.status, reply.error) == (500, "ValueError: own route")


@pytest.mark.parametrize("method, path", [("GET", "/v2"), ("POST", "/v2/models/model/infer"), ("get", "/info"), ("GET", "info")])
def test_route_that_cannot_be_is_refused(method, path):
    with pytest.raises(ValueError):
        Container().route(method, path)
