"""OIP datatypes as numpy types, and the conversions that change no value's meaning."""

import numpy as np

from .errors import RequestError

# Little-endian on the wire. BF16 has no numpy type: its 16 bits are passed through as uint16 and never converted.
NUMPY = {
    "BOOL": np.dtype("?"), "UINT8": np.dtype("u1"), "UINT16": np.dtype("<u2"), "UINT32": np.dtype("<u4"), "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"), "INT16": np.dtype("<i2"), "INT32": np.dtype("<i4"), "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"), "FP32": np.dtype("<f4"), "FP64": np.dtype("<f8"), "BF16": np.dtype("<u2"), "BYTES": np.dtype(object),
}
INTEGERS = frozenset(name for name, dtype in NUMPY.items() if dtype.kind in "iu" and name != "BF16")
FLOATS = frozenset(("FP16", "FP32", "FP64"))


def convert(array, source, target, name):
    """Converts between datatypes, or refuses with a 400 that names the input."""
    if source == target:
        return array
    if target in FLOATS and source in INTEGERS:
        return array.astype(NUMPY[target]) if target != "FP16" else _narrow_float(array, source, target, name)
    if target in FLOATS and source in FLOATS:
        wider = NUMPY[target].itemsize > NUMPY[source].itemsize
        return array.astype(NUMPY[target]) if wider else _narrow_float(array, source, target, name)
    if target in INTEGERS and source in INTEGERS:
        return _change_integer(array, source, target, name)
    raise RequestError(f"input '{name}': datatype {source} cannot be converted, expected {target}")


def _narrow_float(array, source, target, name):
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = array.astype(NUMPY[target])
    # Rounding is what FP64 to FP32 means; a finite value that becomes infinite has changed its meaning.
    if np.count_nonzero(np.isinf(narrow)) != np.count_nonzero(np.isinf(array)):
        raise RequestError(f"input '{name}': a {source} value is out of the range of {target}")
    return narrow


def _change_integer(array, source, target, name):
    limits = np.iinfo(NUMPY[target])
    if array.size and (int(array.min()) < limits.min or int(array.max()) > limits.max):
        raise RequestError(f"input '{name}': a {source} value is out of the range of {target}, expected {limits.min} to {limits.max}")
    return array.astype(NUMPY[target])
