"""Decodes an inference request: JSON, or JSON header and raw tensors, into numpy arrays, checked against the signature."""

import json
from math import prod

import numpy as np

from . import bytes_tensors
from .datatypes import NUMPY, convert
from .errors import RequestError
from .json_tensors import from_json


def _refuse_constant(text):
    raise ValueError(f"{text} is not JSON; send such values as binary tensor data")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
_NONE = {}
MAX_DIMENSION = 2**63 - 1
MAX_PLANS = 256
MAX_PLAN_BYTES = 4096


class Request:
    """A decoded request. outputs: ((Tensor, wanted as binary), ...) in the order of the answer; wanted: their names."""

    __slots__ = ("inputs", "rows", "id", "outputs", "wanted")

    def __init__(self, inputs, rows, request_id, outputs):
        self.inputs = inputs
        self.rows = rows
        self.id = request_id
        self.outputs = outputs
        self.wanted = tuple([tensor.name for tensor, _ in outputs])


class _Plan:
    """Where the tensors of a binary request lie: all that its JSON header says, once it is found right.

    An orchestrator sends few different headers (they differ by the number of rows), so plans are kept by the header's bytes, and
    most requests are decoded without looking at JSON at all.
    """

    __slots__ = ("steps", "rows", "outputs", "wanted", "length")


class RequestDecoder:
    def __init__(self, signature, max_rows=None):
        self._sets = tuple({t.name: t for t in tensors} for tensors in (signature.inputs, *signature.alternatives))
        self._optional = frozenset(signature.optional)
        self._outputs = {t.name: t for t in signature.outputs}
        # The two answers to a request that names no outputs, which is nearly every one.
        self._all_json = tuple((t, False) for t in signature.outputs)
        self._all_binary = tuple((t, True) for t in signature.outputs)
        self._max_rows = max_rows
        self._plans = {}  # shared by the workers: single dict operations need no lock

    def decode(self, body, header_length):
        """body: a bytearray, so that the views on it can be written to (some estimators demand it)."""
        key = None
        if header_length is not None and header_length <= MAX_PLAN_BYTES:
            key = bytes(memoryview(body)[:header_length])
            plan = self._plans.get(key)
            if plan is not None and plan.length == len(body):
                return _follow(plan, body)
        header = self._parse(body, header_length)
        request_id = header.get("id")
        if request_id is not None and type(request_id) is not str:
            raise RequestError(f"'id' is {_kind(request_id)}, expected a string")
        steps = []
        inputs, rows = self._decode_inputs(header, body, len(body) if header_length is None else header_length, steps)
        request = Request(inputs, rows, request_id, self._select_outputs(header))
        if key is not None and request_id is None and len(steps) == len(inputs):
            self._remember(key, steps, request, len(body))
        return request

    def _remember(self, key, steps, request, length):
        plan = _Plan()
        plan.steps, plan.rows, plan.outputs, plan.wanted, plan.length = steps, request.rows, request.outputs, request.wanted, length
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()  # somebody sends ever different headers: start over rather than keep order
        self._plans[key] = plan

    def _parse(self, body, header_length):
        if header_length is not None and header_length > len(body):
            raise RequestError(f"Inference-Header-Content-Length is {header_length}, but the body has {len(body)} bytes")
        text = body if header_length is None else memoryview(body)[:header_length]
        try:
            header = _JSON.decode(str(text, "utf-8"))
        except RecursionError:
            raise RequestError("the JSON is nested too deeply") from None
        except ValueError as error:  # also UnicodeDecodeError
            raise RequestError(f"the {'body' if header_length is None else 'JSON header'} is not valid JSON: {error}") from None
        if type(header) is not dict:
            raise RequestError(f"the request is {_kind(header)}, expected a JSON object")
        return header

    def _decode_inputs(self, header, body, position, steps):
        entries = header.get("inputs")
        if type(entries) is not list or not entries:
            raise RequestError("'inputs' is missing or empty, expected a list of tensors")
        tensors = self._match(entries)
        view = memoryview(body)
        inputs, rows = {}, None
        for entry in entries:
            tensor = tensors[entry["name"]]
            shape = self._check_shape(entry, tensor)
            if rows is None:
                rows = shape[0]
                self._check_rows(rows, len(body))
            elif shape[0] != rows:
                raise RequestError(f"input '{tensor.name}': dimension 0 is {shape[0]}, expected {rows} as in the inputs before it")
            inputs[tensor.name], end = self._read(entry, tensor, shape, body, view, position)
            if end != position and tensor.datatype != "BYTES":
                steps.append((tensor.name, NUMPY[entry["datatype"]], inputs[tensor.name].size, position, shape, entry["datatype"], tensor.datatype))
            position = end
        if position != len(body):
            raise RequestError(f"the body has {len(body) - position} bytes after the last binary tensor, expected none")
        self._check_complete(inputs, tensors)
        return inputs, rows

    def _match(self, entries):
        """The set of inputs that these entries name: the signature's, or one of its alternatives."""
        names = set()
        for entry in entries:
            name = entry.get("name") if type(entry) is dict else None
            if type(name) is not str:
                raise RequestError("an input has no name, expected objects with name, shape, datatype and data")
            if name in names:
                raise RequestError(f"input '{name[:100]}' is given twice")
            names.add(name)
        for tensors in self._sets:
            if names <= tensors.keys():
                return tensors
        unknown = next(iter(names - self._sets[0].keys()))
        raise RequestError(f"input '{unknown[:100]}' is unknown, expected {_list(self._sets[0])}")

    def _check_complete(self, inputs, tensors):
        if len(inputs) != len(tensors):
            missing = [n for n in tensors if n not in inputs and n not in self._optional]
            if missing:
                raise RequestError(f"input {_list(missing)} is missing")

    def _check_rows(self, rows, body_length):
        if rows < 1:
            raise RequestError("dimension 0 is 0, expected at least one row")
        # A row takes at least one byte, unless another dimension is 0: then rows would be free, and outputs are allocated by rows.
        if rows > body_length:
            raise RequestError(f"dimension 0 is {rows}, more rows than the body has bytes")
        if self._max_rows is not None and rows > self._max_rows:
            raise RequestError(f"dimension 0 is {rows}, expected at most {self._max_rows} (max_batch_size)")

    @staticmethod
    def _check_shape(entry, tensor):
        shape, expected = entry.get("shape"), tensor.shape
        if type(shape) is list and len(shape) == len(expected):
            # Also bounded, so that products of them can be multiplied and printed. Dimension 0 is the batch: how many rows are allowed is max_batch_size, whatever the signature says there.
            if all(type(d) is int and 0 <= d <= MAX_DIMENSION for d in shape) and all(w in (-1, g) for g, w in zip(shape[1:], expected[1:])):
                return shape
        raise RequestError(f"input '{tensor.name}': shape is {_shorten(shape)}, expected {list(expected)}")

    @staticmethod
    def _read(entry, tensor, shape, body, view, position):
        name, datatype = tensor.name, entry.get("datatype")
        if type(datatype) is not str or datatype not in NUMPY:
            raise RequestError(f"input '{name}': datatype is {_shorten(datatype)}, expected {tensor.datatype}")
        size = _parameters(entry, name).get("binary_data_size")
        count = prod(shape)
        if size is None:
            if "data" not in entry:
                raise RequestError(f"input '{name}' has neither 'data' nor the parameter 'binary_data_size'")
            array = from_json(entry["data"], datatype, shape, count, name)
        else:
            if "data" in entry:
                raise RequestError(f"input '{name}' has both 'data' and the parameter 'binary_data_size'")
            if type(size) is not int or size < 0 or position + size > len(body):
                raise RequestError(f"input '{name}': binary_data_size is {_shorten(size)}, but {len(body) - position} bytes are left in the body")
            array = _read_binary(view, body, position, size, datatype, shape, count, name)
            position += size
        if datatype != tensor.datatype:
            array = convert(array, datatype, tensor.datatype, name)
        if tensor.datatype == "BYTES" and tensor.text:
            array = _as_text(array, name)
        return array, position

    def _select_outputs(self, header):
        binary = _parameters(header, None).get("binary_data_output", False)
        if type(binary) is not bool:
            raise RequestError(f"parameter 'binary_data_output' is {_shorten(binary)}, expected true or false")
        wanted = header.get("outputs")
        if wanted is None or wanted == []:
            return self._all_binary if binary else self._all_json
        if type(wanted) is not list:
            raise RequestError(f"'outputs' is {_kind(wanted)}, expected a list")
        selected = {}
        for entry in wanted:
            name = entry.get("name") if type(entry) is dict else None
            if type(name) is not str or name not in self._outputs:
                raise RequestError(f"output {_shorten(name)} is unknown, expected {_list(self._outputs)}")
            if name in selected:
                raise RequestError(f"output '{name}' is asked for twice")
            own = _parameters(entry, name).get("binary_data", binary)
            if type(own) is not bool:
                raise RequestError(f"output '{name}': parameter 'binary_data' is {_shorten(own)}, expected true or false")
            selected[name] = (self._outputs[name], own)
        return tuple(selected.values())


def _follow(plan, body):
    request = Request.__new__(Request)
    request.rows, request.outputs, request.wanted, request.id = plan.rows, plan.outputs, plan.wanted, None
    request.inputs = inputs = {}
    for name, dtype, count, position, shape, source, target in plan.steps:
        array = np.frombuffer(body, dtype, count, position).reshape(shape)
        if source == "BOOL":
            _check_bools(body, count, position, name)
        inputs[name] = array if source == target else convert(array, source, target, name)
    return request


def _check_bools(body, count, position, name):
    if count and np.frombuffer(body, np.uint8, count, position).max() > 1:
        raise RequestError(f"input '{name}': an element is neither 0 nor 1, expected BOOL")


def _read_binary(view, body, position, size, datatype, shape, count, name):
    if datatype == "BYTES":
        if 4 * count > size:  # before anything is allocated by count
            raise RequestError(f"input '{name}': {count} BYTES elements need at least {4 * count} bytes, binary_data_size is {size}")
        try:
            elements = bytes_tensors.decode(view[position:position + size], count)
        except ValueError as error:
            raise RequestError(f"input '{name}': {error}") from None
        return bytes_tensors.as_objects(elements, shape)
    dtype = NUMPY[datatype]
    if count * dtype.itemsize != size:
        raise RequestError(f"input '{name}': binary_data_size is {size}, expected {count * dtype.itemsize} for {datatype} {_shorten(shape)}")
    if datatype == "BOOL":
        _check_bools(body, count, position, name)
    return np.frombuffer(body, dtype, count, position).reshape(shape)


def _as_text(array, name):
    flat = array.ravel()
    try:
        return bytes_tensors.as_objects([e.decode("utf-8") for e in flat], array.shape)
    except UnicodeDecodeError as error:
        raise RequestError(f"input '{name}': an element is not valid UTF-8 ({error.reason}), expected text") from None


def _parameters(entry, name):
    parameters = entry.get("parameters")
    if parameters is None:
        return _NONE
    if type(parameters) is not dict:
        raise RequestError(f"'parameters'{f' of {name!r}' if name else ''} is {_kind(parameters)}, expected an object")
    return parameters


def _kind(value):
    return {type(None): "null", bool: "a bool", int: "a number", float: "a number", str: "a string", list: "a list"}.get(type(value), "an object")


def _shorten(value):
    if type(value) is str:
        return f"'{value[:100]}'"
    if type(value) in (list, dict):
        if len(value) > 32 or any(type(v) not in (int, float, str, bool, type(None)) for v in value):
            return f"{_kind(value)} of {len(value)}"
        return f"[{', '.join(_shorten(v) for v in value)}]" if type(value) is list else "an object"
    if type(value) is int and value.bit_length() > 256:
        return "a very large number"
    return "missing" if value is None else str(value).lower() if type(value) is bool else str(value)


def _list(names):
    return ", ".join(f"'{n}'" for n in names)
