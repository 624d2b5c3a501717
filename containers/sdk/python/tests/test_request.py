"""Decoding and its error texts."""

import json

import numpy as np
import pytest

from orchestrator_container import RequestError, Signature, Tensor
from orchestrator_container.request import RequestDecoder

SIGNATURE = Signature([Tensor("a", "FP32", (-1, 2)), Tensor("t", "BYTES", (-1,), text=True)], [Tensor("y", "FP32", (-1,))], optional=["t"],
                      alternatives=[[Tensor("both", "INT32", (-1, -1))]])
DECODER = RequestDecoder(SIGNATURE, max_rows=3)
A = {"name": "a", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
T = {"name": "t", "datatype": "BYTES", "shape": [1], "data": ["ü"]}


def decode(*inputs, tail=b"", **rest):
    head = json.dumps({"inputs": list(inputs), **rest}).encode()
    return DECODER.decode(bytearray(head + tail), len(head) if tail else None)


def test_arrays_are_writable_views_on_the_body():
    data = np.array([[1, 2]], "<f4").tobytes()
    head = json.dumps({"inputs": [{"name": "a", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}]}).encode()
    body = bytearray(head + data)
    array = DECODER.decode(body, len(head)).inputs["a"]
    array[0, 0] = 5
    assert body[len(head):] == np.array([[5, 2]], "<f4").tobytes()


def test_text_arrives_as_str_and_optional_may_be_absent():
    request = decode(A, T)
    assert request.inputs["t"].tolist() == ["ü"] and request.rows == 1
    assert set(decode(A).inputs) == {"a"}


def test_alternative_inputs_are_accepted():
    assert decode({"name": "both", "datatype": "INT32", "shape": [2, 3], "data": [[1, 2, 3], [4, 5, 6]]}).inputs["both"].shape == (2, 3)


WRONG = [
    ([], "'inputs' is missing or empty"), ([5], "an input has no name"), ([A, A], "input 'a' is given twice"),
    ([{**A, "name": "b"}], "input 'b' is unknown, expected 'a', 't'"), ([T], "input 'a' is missing"),
    ([A, {"name": "both", "datatype": "INT32", "shape": [1, 1], "data": [1]}], "input 'both' is unknown"),
    ([{**A, "shape": [2]}], "input 'a': shape is [2], expected [-1, 2]"), ([{**A, "shape": [1, 3]}], "shape is [1, 3], expected [-1, 2]"),
    ([{**A, "shape": [True, 2]}], "shape is [true, 2]"), ([{**A, "shape": None}], "shape is missing"),
    ([{**A, "shape": [4, 2], "data": [0] * 8}], "at most 3 (max_batch_size)"),
    ([{**A, "shape": [0, 2], "data": []}], "expected at least one row"), ([A, {**T, "shape": [2]}], "input 't': dimension 0 is 2, expected 1"),
    ([{**A, "datatype": "FP31"}], "input 'a': datatype is 'FP31', expected FP32"), ([{**A, "datatype": "BOOL", "data": [True, False]}], "cannot be converted"),
    ([{**A, "datatype": "BYTES", "data": ["1", "2"]}], "datatype BYTES cannot be converted, expected FP32"),
    ([{**A, "data": [1]}], "'data' has 1 elements, expected 2"), ([{**A, "data": [1, "2"]}], "expected numbers for FP32"),
    ([{**A, "data": [1, True]}], "expected numbers for FP32"), ([{**A, "data": [1, None]}], "expected numbers for FP32"),
    ([{**A, "data": [[1], [2]]}], "'data' has 2 rows, expected 1"), ([{**A, "data": [[1, 2, 3]]}], "nested unevenly"),
    ([{**A, "data": [[1, [2]]]}], "expected numbers"), ([{**A, "data": "12"}], "'data' is not a list"),
    ([{**A, "data": [1, 1e39]}], "out of the range of FP32"), ([{**A, "datatype": "FP64", "data": [1, 1e39]}], "out of the range of FP32"),
    ([{**A, "datatype": "INT8", "data": [1, 128]}], "out of the range of INT8"), ([{**A, "datatype": "INT8", "data": [1, 1.0]}], "whole numbers"),
    ([{**A, "datatype": "BF16"}], "BF16 has no JSON form"), ([{"name": "a", "datatype": "FP32", "shape": [1, 2]}], "neither 'data' nor"),
    ([{**A, "parameters": {"binary_data_size": 8}}], "both 'data' and"), ([{**A, "parameters": []}], "is a list, expected an object"),
    ([A, {**T, "data": ["\ud800"]}], "lone surrogate"),
]


@pytest.mark.parametrize("inputs, text", WRONG, ids=range(len(WRONG)))
def test_wrong_input_is_named(inputs, text):
    with pytest.raises(RequestError) as error:
        decode(*inputs)
    assert text in str(error.value) and error.value.status == 400


@pytest.mark.parametrize("size, tail, text", [
    (8, b"\0" * 7, "binary_data_size is 8, but 7 bytes are left"), (7, b"\0" * 7, "binary_data_size is 7, expected 8 for FP32 [1, 2]"),
    (8, b"\0" * 9, "1 bytes after the last"), (-1, b"\0", "binary_data_size is -1"), (True, b"\0", "binary_data_size is true"), ("8", b"\0" * 8, "is '8'")])
def test_wrong_binary_size_is_named(size, tail, text):
    with pytest.raises(RequestError, match=None) as error:
        decode({"name": "a", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": size}}, tail=tail)
    assert text in str(error.value)


@pytest.mark.parametrize("rest, text", [
    ({"id": 5}, "'id' is a number"), ({"outputs": [{"name": "z"}]}, "output 'z' is unknown, expected 'y'"), ({"outputs": 5}, "'outputs' is a number"),
    ({"outputs": [{"name": "y"}, {"name": "y"}]}, "asked for twice"), ({"parameters": {"binary_data_output": 1}}, "expected true or false"),
    ({"outputs": [{"name": "y", "parameters": {"binary_data": "yes"}}]}, "'binary_data' is 'yes'")])
def test_wrong_wish_is_named(rest, text):
    with pytest.raises(RequestError) as error:
        decode(A, **rest)
    assert text in str(error.value)


@pytest.mark.parametrize("body, length", [(b"", None), (b"{", None), (b"\xff", None), (b"[]", None), (b"{}", 3), (b'{"inputs":NaN}', None), (b"[" * 100000, None)])
def test_what_is_no_request_is_refused(body, length):
    with pytest.raises(RequestError):
        DECODER.decode(bytearray(body), length)
