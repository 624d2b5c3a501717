"""Tensors as JSON data, flat or nested."""

from itertools import chain
from math import isfinite

import numpy as np

from . import bytes_tensors
from .datatypes import FLOATS, INTEGERS, NUMPY
from .errors import RequestError

_ALLOWED = {"BOOL": ({bool}, "true and false"), "BYTES": ({str}, "strings")}
_ALLOWED.update({name: ({int}, "whole numbers") for name in INTEGERS})
_ALLOWED.update({name: ({int, float}, "numbers") for name in FLOATS})


def from_json(data, datatype, shape, count, name):
    if type(data) is not list:
        raise RequestError(f"input '{name}': 'data' is not a list")
    if datatype == "BF16":
        raise RequestError(f"input '{name}': BF16 has no JSON form, send it as binary tensor data")
    flat = _flatten(data, shape, name) if data and type(data[0]) is list else data
    if len(flat) != count:
        raise RequestError(f"input '{name}': 'data' has {len(flat)} elements, expected {count} for shape {shape}")
    allowed, expected = _ALLOWED[datatype]
    # set(map(type)) runs without a Python step per element, and tells True from 1, which numpy does not.
    if not allowed.issuperset(set(map(type, flat))):
        raise RequestError(f"input '{name}': 'data' has elements of another type, expected {expected} for {datatype}")
    if datatype == "BYTES":
        return bytes_tensors.as_objects(_encode_all(flat, name), shape)
    return _as_array(flat, datatype, name).reshape(shape)


def _flatten(level, shape, name):
    """Level by level, so that a ragged list is found and a deep one is not followed beyond the shape."""
    for depth, size in enumerate(shape):
        if depth == 0:
            if len(level) != size:
                raise RequestError(f"input '{name}': 'data' has {len(level)} rows, expected {size}")
            continue
        if any(type(row) is not list or len(row) != size for row in level):
            raise RequestError(f"input '{name}': 'data' is nested unevenly, expected lists of {size} in dimension {depth}")
        level = list(chain.from_iterable(level))
    return level


def _encode_all(flat, name):
    try:
        return [text.encode("utf-8") for text in flat]
    except UnicodeEncodeError:
        raise RequestError(f"input '{name}': a string has a lone surrogate, expected valid Unicode") from None


def _as_array(flat, datatype, name):
    dtype = NUMPY[datatype]
    if datatype in INTEGERS and flat:
        limits = np.iinfo(dtype)
        if min(flat) < limits.min or max(flat) > limits.max:  # numpy would wrap around
            raise RequestError(f"input '{name}': a value is out of the range of {datatype}, expected {limits.min} to {limits.max}")
    try:
        with np.errstate(over="ignore"):
            array = np.array(flat, dtype=dtype)
    except OverflowError:
        array = None
    # JSON holds only finite numbers, so an infinity means that a number was too large (also 1e999, which Python reads as one).
    if array is None or (datatype in FLOATS and not np.isfinite(array).all()):
        raise RequestError(f"input '{name}': a number is out of the range of {datatype}")
    return array


def to_json(array, tensor):
    """A flat list. JSON has no NaN and no infinity: they become null."""
    if tensor.datatype == "BYTES":
        return [_text(element, tensor.name) for element in array.ravel()]
    if tensor.datatype == "BF16":
        raise RequestError(f"output '{tensor.name}': BF16 has no JSON form, ask for it with binary_data")
    values = array.ravel().tolist()
    if tensor.datatype in FLOATS and not np.isfinite(array).all():
        return [v if isfinite(v) else None for v in values]
    return values


def _text(element, name):
    if isinstance(element, str):
        return element
    try:
        return bytes_tensors.to_bytes(element).decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError(f"output '{name}' is not valid UTF-8, ask for it with binary_data") from None
