import pytest

from orchestrator_container import bytes_tensors


def test_elements_survive():
    elements = [b"", b"abc", "ü", bytearray(b"x")]
    data = bytes_tensors.encode(elements)
    assert bytes_tensors.decode(memoryview(data), 4) == [b"", b"abc", "ü".encode(), b"x"]


@pytest.mark.parametrize("data, count", [(b"", 1), (b"\1\0\0", 1), (b"\2\0\0\0a", 1), (b"\0\0\0\0\0", 1), (b"\xff\xff\xff\xff", 1), (b"\0\0\0\0", 2)])
def test_wrong_lengths_are_refused(data, count):
    with pytest.raises(ValueError):
        bytes_tensors.decode(memoryview(data), count)


def test_nested_elements_stay_elements():
    assert bytes_tensors.as_objects([b"ab", b"cd"], (2, 1)).tolist() == [[b"ab"], [b"cd"]]
