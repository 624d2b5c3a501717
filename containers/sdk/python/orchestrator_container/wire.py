"""What travels between the event loop and the workers, and the reading of the contract's request headers."""

import json

from .errors import RequestError

JSON_TYPE = (b"content-type", b"application/json")


class Call:
    """One request on its way to a worker. Times are perf_counter_ns; queued is set when the workers take it over."""

    __slots__ = ("body", "queued", "header_length", "deadline", "traceparent", "done")

    def __init__(self, header_length, deadline, traceparent):
        self.body = None
        self.queued = None
        self.header_length = header_length
        self.deadline = deadline
        self.traceparent = traceparent
        self.done = None


class Answer:
    __slots__ = ("status", "headers", "body")

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body


def json_answer(status, value, *headers):
    body = json.dumps(value, separators=(",", ":")).encode("utf-8")
    return Answer(status, [JSON_TYPE, (b"content-length", b"%d" % len(body)), *headers], body)


def error_answer(status, text, *headers):
    return json_answer(status, {"error": text}, *headers)


def parse_header_length(value):
    if not value.isdigit() or len(value) > 18:
        raise RequestError(f"Inference-Header-Content-Length is {_show(value)}, expected a whole number of bytes")
    return int(value)


def parse_deadline(value, received):
    """Remaining milliseconds on arrival. A negative budget is one that has passed, not a mistake."""
    digits = value[1:] if value[:1] == b"-" else value
    if not digits.replace(b".", b"", 1).isdigit() or len(digits) > 18:
        raise RequestError(f"Orchestrator-Deadline-Ms is {_show(value)}, expected milliseconds as a decimal number")
    return received + int(float(value) * 1e6)


def _show(value):
    return repr(value[:50].decode("latin-1"))
