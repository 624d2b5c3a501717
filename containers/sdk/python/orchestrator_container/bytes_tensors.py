"""BYTES tensors: each element is a 4-byte little-endian length and its bytes. The only datatype that costs work per element."""

import struct

import numpy as np

_LENGTH = struct.Struct("<I")


def decode(view, count):
    """`count` elements from a memoryview, or ValueError. The caller has checked that 4 * count fits: nothing larger is allocated."""
    elements = [None] * count
    size, position = len(view), 0
    unpack = _LENGTH.unpack_from
    for i in range(count):
        if position + 4 > size:
            raise ValueError(f"element {i} begins after the end of the data")
        start = position + 4
        position = start + unpack(view, position)[0]
        if position > size:
            raise ValueError(f"element {i} is longer than the data")
        elements[i] = bytes(view[start:position])
    if position != size:
        raise ValueError(f"{size - position} bytes are left after the last of {count} elements")
    return elements


def encode(elements):
    parts = []
    for element in elements:
        data = to_bytes(element)
        parts.append(_LENGTH.pack(len(data)))
        parts.append(data)
    return b"".join(parts)


def to_bytes(element):
    if type(element) is bytes:
        return element
    if isinstance(element, str):
        return element.encode("utf-8")
    if isinstance(element, (bytes, bytearray, memoryview)):
        return bytes(element)
    raise TypeError(f"an element of a BYTES output is {type(element).__name__}, expected str or bytes")


def as_objects(elements, shape):
    """An object array of this shape. Filled by slice: np.array(list, dtype=object) would look into the elements."""
    array = np.empty(len(elements), dtype=object)
    array[:] = elements
    return array.reshape(shape)
