"""What a batch function may return."""

import json

import numpy as np
import pytest

from orchestrator_container import RowErrors, Tensor
from orchestrator_container.request import Request
from orchestrator_container.response import OutputError, ResponseEncoder

ENCODER = ResponseEncoder("m", "1")


def encode(tensor, result, rows=2):
    _, _, body = ENCODER.encode(Request({}, rows, None, ((tensor, False),)), result)
    return json.loads(body)


@pytest.mark.parametrize("datatype, value, data", [
    ("INT64", np.array([1, 2], np.int32), [1, 2]), ("INT64", [1, 2], [1, 2]), ("INT64", np.array([1, 2], np.uint8), [1, 2]), ("FP32", np.array([1, 2]), [1.0, 2.0]),
    ("FP32", np.array([0.5, 2.0]), [0.5, 2.0]), ("BYTES", np.array(["a", "b"]), ["a", "b"]), ("BYTES", [b"a", "b"], ["a", "b"]),
    ("BYTES", np.array([b"a", b"b"]), ["a", "b"]), ("BOOL", [True, False], [True, False]), ("FP64", np.array([1.0, 2.0], ">f8"), [1.0, 2.0])])
def test_arrays_near_the_signature_are_taken(datatype, value, data):
    assert encode(Tensor("y", datatype, (-1,)), {"y": value})["outputs"] == [{"name": "y", "datatype": datatype, "shape": [2], "data": data}]


@pytest.mark.parametrize("datatype, value", [("INT64", [1.5, 2.5]), ("INT64", ["1", "2"]), ("FP64", np.array([1, None])), ("BOOL", [1, 2]), ("BYTES", [1, 2]),
                                             ("FP64", [1.0]), ("FP64", [[1.0], [2.0]]), ("FP64", 1.0), ("FP64", None)])
def test_other_arrays_are_a_fault_of_the_model(datatype, value):
    with pytest.raises((OutputError, TypeError), match="output"):
        encode(Tensor("y", datatype, (-1,)), {"y": value})


def test_row_errors_scatter_and_replace():
    tensor = Tensor("y", "FP64", (-1, 2))
    few = encode(tensor, RowErrors({1: "bad"}, {"y": [[1, 2], [5, 6]]}), rows=3)
    full = encode(tensor, RowErrors({1: "bad"}, {"y": [[1, 2], [3, 4], [5, 6]]}), rows=3)
    assert few == full and few["outputs"][0]["data"] == [1, 2, 0, 0, 5, 6] and few["parameters"]["errors"] == '{"1":"bad"}'


def test_invalid_rows_stand_beside_the_errors():
    answer = encode(Tensor("y", "FP64", (-1,)), RowErrors({2: "bad", 0: "broken"}, {"y": [5]}, invalid={2}), rows=3)
    assert answer["parameters"] == {"errors": '{"0":"broken","2":"bad"}', "invalid_rows": "[2]"}
    with pytest.raises(OutputError, match="row 1 invalid"):
        encode(Tensor("y", "FP64", (-1,)), RowErrors({2: "bad"}, {"y": [5, 6]}, invalid=[1]), rows=3)


@pytest.mark.parametrize("errors, outputs", [({5: "x"}, {"y": [1.0, 2.0]}), ({-1: "x"}, {"y": [1.0, 2.0]}), ({0: "x"}, None), ({0: "x"}, {"y": [1.0, 2.0, 3.0]})])
def test_row_errors_that_do_not_fit_are_a_fault(errors, outputs):
    with pytest.raises(OutputError):
        encode(Tensor("y", "FP64", (-1,)), RowErrors(errors, outputs))
