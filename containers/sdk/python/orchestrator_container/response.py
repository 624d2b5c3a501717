"""Checks the outputs of the batch function and encodes the answer."""

import json

import numpy as np

from . import bytes_tensors
from .datatypes import NUMPY
from .errors import RowErrors
from .json_tensors import to_json

_dumps = json.JSONEncoder(separators=(",", ":")).encode


class OutputError(Exception):
    """The batch function returned something else than its signature says: a fault of the model, so a 500."""


class ResponseEncoder:
    """Encodes into (content type, JSON header length or None, body)."""

    def __init__(self, model, version):
        self._start = f'{{"model_name":{_dumps(model)},"model_version":{_dumps(version)}'

        self._prefixes = {}

    def _prefix(self, tensor):
        """The unchanging part of an output's JSON, kept by the tensor's identity; kept with the tensor, so that no other gets that identity."""
        known = self._prefixes.get(id(tensor))
        if known is None:
            known = tensor, f'{{"name":{_dumps(tensor.name)},"datatype":"{tensor.datatype}","shape":'
            self._prefixes[id(tensor)] = known
        return known[1]

    def encode(self, request, result):
        outputs, errors, invalid = split_row_errors(result, request)
        head = [self._start]
        if request.id is not None:
            head.append(f',"id":{_dumps(request.id)}')
        if errors:
            # A string, since OIP parameters hold no objects.
            blamed = f',"invalid_rows":{_dumps(_dumps(invalid))}' if invalid else ""
            head.append(f',"parameters":{{"errors":{_dumps(_dumps(errors))}{blamed}}}')
        head.append(',"outputs":[')
        chunks, separator = [], ""
        for tensor, binary in request.outputs:
            array = as_output(outputs, tensor, request.rows)
            head.append(f"{separator}{self._prefix(tensor)}{list(array.shape)},")
            separator = ","
            if binary:
                data = bytes_tensors.encode(array.ravel()) if tensor.datatype == "BYTES" else array.tobytes()
                chunks.append(data)
                head.append(f'"parameters":{{"binary_data_size":{len(data)}}}}}')
            else:
                head.append(f'"data":{_dumps(to_json(array, tensor))}}}')
        head.append("]}")
        header = "".join(head).encode("utf-8")
        if not chunks:
            return b"application/json", None, header
        return b"application/octet-stream", len(header), b"".join((header, *chunks))


def as_output(outputs, tensor, rows):
    """The array of this output in the signature's datatype and shape, or OutputError."""
    value = outputs.get(tensor.name)
    if value is None:
        raise OutputError(f"the batch function returned no output '{tensor.name}', only {sorted(map(str, outputs))}")
    array = value if isinstance(value, np.ndarray) else np.asarray(value, dtype=object if tensor.datatype == "BYTES" else None)
    expected = tensor.shape
    if array.ndim != len(expected) or array.shape[0] != rows or any(w not in (-1, g) for g, w in zip(array.shape[1:], expected[1:])):
        raise OutputError(f"output '{tensor.name}' has shape {list(array.shape)}, expected {[rows, *expected[1:]]}")
    return _as_datatype(array, tensor)


def _as_datatype(array, tensor):
    dtype = NUMPY[tensor.datatype]
    if array.dtype == dtype:
        return array
    kind = array.dtype.kind
    if tensor.datatype == "BYTES":
        if kind in "US":
            return array.astype(object)
    elif kind != "O" and (np.can_cast(array.dtype, dtype, "same_kind") or (kind == "u" and dtype.kind == "i")):
        return array.astype(dtype)
    raise OutputError(f"output '{tensor.name}' is an array of {array.dtype}, expected {tensor.datatype}")


def split_row_errors(result, request):
    """(outputs, {row: text} or None, rows whose input is at fault); at failed rows the outputs hold placeholders."""
    if not isinstance(result, RowErrors):
        if not isinstance(result, dict):
            raise OutputError(f"the batch function returned {type(result).__name__}, expected a dict of output name to array")
        return result, None, ()
    rows = request.rows
    errors = {int(row): str(text) for row, text in sorted(result.errors.items())}
    if any(not 0 <= row < rows for row in errors):
        raise OutputError(f"RowErrors names row {next(r for r in errors if not 0 <= r < rows)} of a batch of {rows}")
    invalid = sorted({int(row) for row in result.invalid})
    if not errors.keys() >= set(invalid):
        raise OutputError(f"RowErrors calls row {next(r for r in invalid if r not in errors)} invalid, which is not among its errors")
    given = result.outputs or {}
    outputs = {t.name: _with_placeholders(given.get(t.name), t, rows, list(errors)) for t, _ in request.outputs}
    return outputs, errors, invalid


def _with_placeholders(value, tensor, rows, failed):
    blank = b"" if tensor.datatype == "BYTES" else 0
    if len(failed) == rows:
        shape = [rows, *(1 if d == -1 else d for d in tensor.shape[1:])]
        return np.full(shape, blank, dtype=NUMPY[tensor.datatype])
    if value is None:
        raise OutputError(f"RowErrors carries no output '{tensor.name}', but {rows - len(failed)} of {rows} rows did not fail")
    array = np.asarray(value)
    kept = np.ones(rows, dtype=bool)
    kept[failed] = False
    if array.ndim and array.shape[0] == rows:
        array = array[kept]
    if not array.ndim or array.shape[0] != rows - len(failed):
        raise OutputError(f"RowErrors carries output '{tensor.name}' of shape {list(array.shape)}, expected {rows} or {rows - len(failed)} rows")
    array = _as_datatype(array, tensor)
    full = np.full((rows, *array.shape[1:]), blank, dtype=NUMPY[tensor.datatype])
    full[kept] = array
    return full
