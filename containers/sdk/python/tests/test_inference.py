"""Inference over the wire."""

import struct

import numpy as np
import pytest

from model import DATATYPES
from orchestrator_container.datatypes import NUMPY

X = {"name": "x", "datatype": "FP64", "shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]}
VALUES = {"BOOL": [True, False], "FP16": [0.5, -2.0], "FP32": [1.5, -2.25], "FP64": [0.1, 1e300], "INT8": [-128, 127], "UINT8": [0, 255],
          "INT64": [-2**63, 2**63 - 1], "UINT64": [0, 2**64 - 1]}


def outputs_of(reply):
    assert reply.status == 200, reply.body
    return {o["name"]: o for o in reply.json["outputs"]}


def test_json_flat_and_nested_give_the_same(adding):
    nested = {**X, "data": [[1, 2, 3], [4, 5, 6]]}
    for given in (X, nested):
        outputs = outputs_of(adding.infer({"inputs": [given]}))
        assert outputs["sum"] == {"name": "sum", "datatype": "FP64", "shape": [2], "data": [6.0, 15.0]}
        assert outputs["text"]["data"] == ["row 1", "row 4"]


def test_headers_and_id_are_answered(adding):
    reply = adding.infer({"id": "ü\n", "inputs": [X]})
    assert reply.json["id"] == "ü\n"
    assert (reply.json["model_name"], reply.json["model_version"]) == ("model", "1")
    assert reply.headers["orchestrator-model-version"] == "1"
    assert int(reply.headers["orchestrator-queue-us"]) >= 0 and int(reply.headers["orchestrator-compute-us"]) >= 0


def test_binary_in_and_out(adding):
    x = np.arange(6, dtype="<f8")
    header = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [2, 3], "parameters": {"binary_data_size": 48}}],
              "parameters": {"binary_data_output": True}}
    head, tensors = adding.infer_binary(header, x.tobytes()).split()
    assert [o["parameters"]["binary_data_size"] for o in head["outputs"]] == [16, 18]
    assert np.frombuffer(tensors[:16], "<f8").tolist() == [3.0, 12.0]
    assert tensors[16:] == struct.pack("<I", 5) + b"row 0" + struct.pack("<I", 5) + b"row 3"


def test_outputs_are_limited_ordered_and_mixed(adding):
    reply = adding.infer({"inputs": [X], "outputs": [{"name": "text"}, {"name": "sum", "parameters": {"binary_data": True}}]})
    head, tensors = reply.split()
    assert [o["name"] for o in head["outputs"]] == ["text", "sum"]
    assert head["outputs"][0]["data"] == ["row 1", "row 4"] and len(tensors) == 16


@pytest.mark.parametrize("datatype", [d for d in DATATYPES if d != "BYTES"])
def test_every_datatype_survives_binary(echoing, datatype):
    data = np.array([VALUES.get(datatype, [1, 2])] * 3, dtype=NUMPY[datatype]).tobytes()
    header = {"inputs": [{"name": datatype.lower(), "datatype": datatype, "shape": [3, 2], "parameters": {"binary_data_size": len(data)}}],
              "outputs": [{"name": datatype.lower() + "_out", "parameters": {"binary_data": True}}]}
    head, tensors = echoing.infer_binary(header, data).split()
    assert (head["outputs"][0]["datatype"], head["outputs"][0]["shape"], tensors) == (datatype, [3, 2], data)


@pytest.mark.parametrize("datatype", [d for d in DATATYPES if d not in ("BYTES", "BF16")])
def test_every_datatype_survives_json(echoing, datatype):
    values = VALUES.get(datatype, [1, 2])
    reply = echoing.infer({"inputs": [{"name": datatype.lower(), "datatype": datatype, "shape": [1, 2], "data": values}],
                           "outputs": [{"name": datatype.lower() + "_out"}]})
    assert outputs_of(reply)[datatype.lower() + "_out"]["data"] == values


def test_bytes_survive_binary_and_json(echoing):
    elements = [b"", b"\xff\x00", "ü".encode(), b"x" * 1000]
    data = b"".join(struct.pack("<I", len(e)) + e for e in elements)
    header = {"inputs": [{"name": "bytes", "datatype": "BYTES", "shape": [2, 2], "parameters": {"binary_data_size": len(data)}}],
              "outputs": [{"name": "bytes_out", "parameters": {"binary_data": True}}]}
    assert echoing.infer_binary(header, data).split()[1] == data
    header["outputs"] = [{"name": "bytes_out"}]
    assert "not valid UTF-8" in echoing.infer_binary(header, data).error
    reply = echoing.infer({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["ü", ""]}], "outputs": [{"name": "text_out"}]})
    assert outputs_of(reply)["text_out"]["data"] == ["ü", ""]


def test_not_finite_numbers_are_null_in_json(echoing):
    data = np.array([[np.nan, np.inf]]).tobytes()
    header = {"inputs": [{"name": "fp64", "datatype": "FP64", "shape": [1, 2], "parameters": {"binary_data_size": 16}}],
              "outputs": [{"name": "fp64_out"}]}
    assert outputs_of(echoing.infer_binary(header, data))["fp64_out"]["data"] == [None, None]


def test_failed_rows_do_not_fail_the_others(adding):
    reply = adding.infer({"inputs": [{**X, "shape": [3, 3], "data": [1, 1, 1, -1, 1, 1, 2, 2, 2]}]})
    assert reply.json["parameters"] == {"errors": '{"1":"ValueError: negative"}'}
    assert outputs_of(reply)["sum"]["data"] == [3.0, 0.0, 6.0]
    assert outputs_of(reply)["text"]["data"] == ["row 1", "", "row 2"]


def test_all_rows_failed_is_200_with_placeholders(adding):
    reply = adding.infer({"inputs": [{**X, "shape": [1, 3], "data": [-1, 0, 0]}]})
    assert outputs_of(reply)["sum"]["data"] == [0.0] and outputs_of(reply)["text"]["data"] == [""]


def test_returned_row_errors_replace_the_rows(start):
    reply = start("returned_errors").infer({"inputs": [X]})
    assert reply.json["parameters"]["errors"] == '{"0":"first"}'
    assert outputs_of(reply)["sum"]["data"] == [0.0, 15.0] and outputs_of(reply)["text"]["data"] == ["", "ok"]


@pytest.mark.parametrize("case, status, text", [
    ("fail", 500, "ZeroDivisionError: broken model"), ("leave", 500, "SystemExit: 9"), ("refuse", 400, "input 'x': I do not like it"),
    ("wrong_shape", 500, "output 'sum' has shape [1], expected [2]"), ("missing_output", 500, "no output 'text'")])
def test_failing_batch_function_is_told(start, case, status, text):
    container = start(case)
    reply = container.infer({"inputs": [X]})
    assert reply.status == status and text in reply.error
    assert container.infer({"inputs": [X]}).status == status  # the worker lives on
    container.signal()
    assert container.wait_exit() == 0 and container.log.count("Traceback") == (1 if status == 500 else 0)


def test_context_reaches_the_author(start):
    reply = start("tell").infer({"id": "i", "inputs": [X], "outputs": [{"name": "text"}]},
                                {"traceparent": "00-a-b-01", "Orchestrator-Deadline-Ms": "60000"})
    assert outputs_of(reply)["text"]["data"][0] == "00-a-b-01 ('text',) True i"


@pytest.mark.parametrize("budget, status", [("0", 504), ("-5", 504), ("0.001", 504), ("60000.5", 200), ("soon", 400), ("1e9", 400), ("", 400)])
def test_deadline_is_kept(adding, budget, status):
    reply = adding.infer({"inputs": [X]}, {"Orchestrator-Deadline-Ms": budget})
    assert reply.status == status
    if status != 200:
        assert "deadline" in reply.error.lower()
