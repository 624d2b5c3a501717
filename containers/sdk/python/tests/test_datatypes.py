"""Which conversions are made, and which are refused."""

import numpy as np
import pytest

from orchestrator_container import RequestError
from orchestrator_container.datatypes import NUMPY, convert


@pytest.mark.parametrize("source, target, values", [
    ("INT64", "FP64", [1, -2]), ("UINT8", "FP32", [0, 255]), ("FP32", "FP64", [0.5, np.inf]), ("FP64", "FP32", [0.1, np.nan, np.inf]), ("FP16", "FP32", [1.5]),
    ("INT64", "INT32", [5, -5]), ("INT32", "INT64", [5]), ("UINT64", "INT64", [5]), ("INT8", "UINT64", [5]), ("INT32", "FP16", [5])])
def test_values_that_keep_their_meaning_are_converted(source, target, values):
    converted = convert(np.array(values, NUMPY[source]), source, target, "x")
    assert converted.dtype == NUMPY[target]
    np.testing.assert_allclose(converted, np.array(values, NUMPY[target]))


@pytest.mark.parametrize("source, target, values", [
    ("FP64", "INT64", [1.0]), ("BOOL", "FP64", [True]), ("INT64", "BOOL", [1]), ("BF16", "FP32", [1]), ("FP32", "BF16", [1]), ("UINT16", "BF16", [1]),
    ("FP64", "FP32", [1e300]), ("INT64", "INT32", [2**31]), ("INT8", "UINT8", [-1]), ("UINT64", "INT64", [2**63]), ("INT32", "FP16", [70000]), ("BYTES", "INT8", [b"1"])])
def test_values_that_would_change_are_refused(source, target, values):
    with pytest.raises(RequestError, match="input 'x'"):
        convert(np.array(values, NUMPY[source]), source, target, "x")
