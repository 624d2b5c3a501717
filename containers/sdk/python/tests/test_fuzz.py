"""Malformed requests by the thousand: each is answered with 200 or 400, and the container lives on."""

import copy
import json
import random
import struct

import pytest

ROUNDS = 1500
ODD = [None, True, False, 0, -1, 1, 2, 3, 1.5, -0.0, 2**31, 2**63, 2**64, 10**30, 10**400, 1e308, "", "x", "\ud800", "FP64", "BYTES", "BF16",
       "INT8", "BOOL", "9" * 100, [], [[]], [[[[]]]], [1], [1, 3], [2, 3], [None], ["a"], [True], [0, 0], [10**12], {}, {"name": "x"},
       {"binary_data_size": 8}, {"binary_data": 1}, [[1, 2, 3], [4, 5]], [1, "a", None], [{"a": 1}] * 3]
VALID_JSON = {"id": "1", "inputs": [{"name": "x", "datatype": "FP64", "shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]}],
              "outputs": [{"name": "sum", "parameters": {"binary_data": True}}, {"name": "text"}], "parameters": {"binary_data_output": False}}
VALID_BINARY = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [2, 3], "parameters": {"binary_data_size": 48}}],
                "parameters": {"binary_data_output": True}}
VALID_BYTES = {"inputs": [{"name": "bytes", "datatype": "BYTES", "shape": [1, 2], "parameters": {"binary_data_size": 12}},
                          {"name": "bool", "datatype": "BOOL", "shape": [1, 2], "parameters": {"binary_data_size": 2}}],
               "outputs": [{"name": "bytes_out", "parameters": {"binary_data": True}}]}
BYTES_DATA = struct.pack("<I", 1) + b"a" + struct.pack("<I", 3) + b"bcd" + b"\0\1"


def nodes(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from nodes(child, (*path, key))


def mutate_structure(source, pick):
    value = copy.deepcopy(source)
    for _ in range(pick.choice((1, 1, 1, 2, 3))):
        path = pick.choice(list(nodes(value)))
        if not path:
            return pick.choice(ODD) if pick.random() < 0.2 else value
        parent = value
        for key in path[:-1]:
            parent = parent[key]
        action = pick.random()
        if action < 0.15:
            del parent[path[-1]]
        elif action < 0.3 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[path[-1]]))
        else:
            parent[path[-1]] = copy.deepcopy(pick.choice(ODD))
    return value


def mutate_bytes(data, pick):
    data = bytearray(data)
    for _ in range(pick.choice((1, 1, 2, 5))):
        place, action = pick.randrange(len(data) or 1), pick.random()
        if action < 0.3:
            data[place:place + 1] = bytes([pick.randrange(256)])
        elif action < 0.5:
            data[place:place] = pick.choice((b"[", b"]", b"{", b"}", b"\"", b",", b"9", b"-", b"e", b"\\u", b"\xff", b"NaN", b"[" * 3000))
        elif action < 0.75:
            del data[place:place + pick.randrange(1, 9)]
        else:
            del data[place:]
    return bytes(data)


def check(container, connection, body, header_length):
    headers = {} if header_length is None else {"Inference-Header-Content-Length": header_length}
    reply = container.infer(body, headers, connection)
    assert reply.status in (200, 400), (reply.status, reply.body, body, header_length)
    if reply.status == 400:
        assert reply.error and len(reply.body) < 2000
    return reply.status


@pytest.mark.parametrize("seed", range(2))
def test_mutated_json_is_answered(adding, seed):
    pick, connection = random.Random(seed), adding.connection()
    statuses = [check(adding, connection, json.dumps(mutate_structure(VALID_JSON, pick)).encode(), None) for _ in range(ROUNDS)]
    statuses += [check(adding, connection, mutate_bytes(json.dumps(VALID_JSON).encode(), pick), None) for _ in range(ROUNDS)]
    assert min(statuses.count(200), statuses.count(400)) > 50  # the mutations are neither harmless nor hopeless


@pytest.mark.parametrize("source, data", [(VALID_BINARY, b"\0" * 48), (VALID_BYTES, BYTES_DATA)], ids=["fp64", "bytes"])
def test_mutated_binary_is_answered(adding, echoing, source, data):
    container = adding if source is VALID_BINARY else echoing
    pick, connection, statuses = random.Random(7), container.connection(), []
    for _ in range(ROUNDS):
        head = json.dumps(mutate_structure(source, pick) if pick.random() < 0.6 else source).encode()
        tail = mutate_bytes(data, pick) if pick.random() < 0.4 else data
        length = str(len(head)) if pick.random() < 0.8 else str(pick.choice((0, 1, len(head) - 1, len(head) + 1, 10**9, 10**17)))
        if pick.random() < 0.05:
            length = pick.choice(("-1", "x", "1.5", "0x10", "9" * 40, "+3", " "))
        statuses.append(check(container, connection, head + tail, length))
    assert min(statuses.count(200), statuses.count(400)) > 50


def test_deep_nesting_is_400(adding):
    for body in (b"[" * 500_000, b'{"inputs":' * 100_000, b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":' + b"[" * 900 + b"]" * 900 + b"}]}"):
        assert adding.infer(body).status == 400


def test_container_lives_after_all_this(adding, echoing):
    for container in (adding, echoing):
        assert container.get("/v2/health/ready").status == 200
        assert "Traceback" not in container.log
