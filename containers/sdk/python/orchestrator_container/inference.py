"""One inference call from body to answer. Runs on a worker thread, except for the reading of headers."""

import logging
from time import perf_counter_ns

from .errors import RequestError, RowErrors, describe
from .request import RequestDecoder
from .response import ResponseEncoder
from .wire import Answer, error_answer

log = logging.getLogger("orchestrator")
MAX_LOGGED_PLACES = 100


class Context:
    """What a batch function may know about its call.

    rows:        the batch's rows.
    outputs:     names of the outputs that were asked for; others need not be computed.
    traceparent: the W3C trace context of the call, or None.
    remaining(): seconds until the deadline, or None without one.
    """

    __slots__ = ("model", "version", "rows", "outputs", "traceparent", "request_id", "_deadline")

    def __init__(self, model, version, request, call):
        self.model = model
        self.version = version
        self.rows = request.rows
        self.outputs = request.wanted
        self.traceparent = call.traceparent
        self.request_id = request.id
        self._deadline = call.deadline

    def remaining(self):
        return None if self._deadline is None else (self._deadline - perf_counter_ns()) / 1e9


class Inference:
    def __init__(self, settings, model):
        self._model = settings.model
        self._version = settings.version
        self._predict = model.predict
        self._decoder = RequestDecoder(model.signature, model.max_batch_size)
        self._encoder = ResponseEncoder(settings.model, settings.version)
        self._logged = set()
        self._version_header = (b"orchestrator-model-version", settings.version.encode("utf-8"))

    def run(self, call):
        """Never raises: whatever goes wrong becomes an answer."""
        started = perf_counter_ns()
        try:
            if call.deadline is not None and started >= call.deadline:
                return _too_late()
            request = self._decoder.decode(call.body, call.header_length)
            context = Context(self._model, self._version, request, call)
            begun = perf_counter_ns()
            if call.deadline is not None and begun >= call.deadline:
                return _too_late()
            result = self._call_predict(request, context)
            computed = perf_counter_ns()
            content_type, header_length, body = self._encoder.encode(request, result)
        except RequestError as error:
            return error_answer(error.status, str(error))
        except BaseException as error:  # also SystemExit of a careless model: the worker must live on
            self._log_first(error)
            return error_answer(500, describe(error))
        headers = [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(body)),
            (b"orchestrator-queue-us", b"%d" % ((started - call.queued) // 1000)),
            (b"orchestrator-compute-us", b"%d" % ((computed - begun) // 1000)),
            self._version_header,
        ]
        if header_length is not None:
            headers.append((b"inference-header-content-length", b"%d" % header_length))
        return Answer(200, headers, body)

    def _log_first(self, error):
        """With its traceback, once for each place that fails: not for each request."""
        last = error.__traceback__
        while last.tb_next is not None:
            last = last.tb_next
        place = type(error), last.tb_frame.f_code, last.tb_lineno
        if place not in self._logged and len(self._logged) < MAX_LOGGED_PLACES:
            self._logged.add(place)
            log.error("a batch failed (further failures at this place are not logged)", exc_info=error)

    def _call_predict(self, request, context):
        try:
            return self._predict(request.inputs, context)
        except RowErrors as errors:
            return errors


def _too_late():
    return error_answer(504, "the deadline had passed before the batch began to compute")
