"""The ASGI application: routes of the contract, without a framework since every microsecond here is paid per batch."""

import asyncio
import logging
from time import perf_counter_ns
from urllib.parse import quote

from .body import BodyTooLarge, Disconnected, read_body
from .errors import RequestError, describe
from .routes import RouteRequest, answer_route, send_answer
from .wire import Call, error_answer, json_answer, parse_deadline, parse_header_length
from .worker import waiting

log = logging.getLogger("orchestrator")
CONTRACT_VERSION = 1


class App:
    def __init__(self, settings, name, version, lifecycle, workers, routes):
        self._settings = settings
        self._lifecycle = lifecycle
        self._workers = workers
        self._own_routes = routes
        self._own_paths = {path for _, path in routes}
        self._loop = asyncio.get_running_loop()
        extensions = ["binary_tensor_data", f"orchestrator_container_{CONTRACT_VERSION}"]
        self._server = json_answer(200, {"name": name, "version": version, "extensions": extensions})
        self._live = json_answer(200, {"live": True})
        self._ready = json_answer(200, {"ready": True}), json_answer(503, {"ready": False})
        model = {"name": settings.model, "ready": True}
        self._model_ready = json_answer(200, model), json_answer(503, {**model, "ready": False})
        self._metadata = None
        busy = f"{settings.concurrency} batches compute and {waiting(settings.concurrency)} wait, try again"
        self._busy = error_answer(503, busy, (b"orchestrator-busy", b"1"))
        self._infer_paths, self._get = self._make_routes()
        self.body_limit = settings.body_limit
        self.infer_urls = frozenset(quote(path).encode("ascii") for path in self._infer_paths)

    def describe(self, metadata):
        """Called once, when the model has loaded."""
        self._metadata = json_answer(200, metadata)

    def _make_routes(self):
        # Exact paths in two tables: one look-up per request, and a name may hold any character.
        bases = (f"/v2/models/{self._settings.model}", f"/v2/models/{self._settings.model}/versions/{self._settings.version}")
        get = {
            "/v2/health/live": lambda: self._live,
            "/v2/health/ready": lambda: self._ready[0 if self._lifecycle.ready else 1],
            "/v2": lambda: self._server,
        }
        for base in bases:
            get[base] = lambda: self._metadata or error_answer(503, "the model is still loading")
            get[f"{base}/ready"] = lambda: self._model_ready[0 if self._lifecycle.ready else 1]
        return frozenset(f"{base}/infer" for base in bases), get

    async def __call__(self, scope, receive, send):
        path, method = scope["path"], scope["method"]
        try:
            if path in self._infer_paths:
                if method == "POST":
                    return await self._infer(scope, receive, send)
                return await send_answer(send, _wrong_verb("POST"))
            answer = self._get.get(path)
            if answer is not None:
                return await send_answer(send, answer() if method in ("GET", "HEAD") else _wrong_verb("GET"))
            await self._other(scope, receive, send)
        except BodyTooLarge as error:
            await send_answer(send, self._too_large(error))
        except Disconnected:
            pass

    async def _infer(self, scope, receive, send):
        try:
            call, length, expects = read_headers(scope["headers"])
        except RequestError as error:
            await read_body(receive, self._settings.body_limit, None, False)  # so that the connection can be kept
            return await send_answer(send, error_answer(400, str(error)))
        call.body = await read_body(receive, self._settings.body_limit, length, expects)
        answered = self._loop.create_future()
        refusal = self.begin(call, answered.set_result)
        if refusal is not None:
            return await send_answer(send, refusal)
        try:
            await send_answer(send, await answered)
        finally:
            self.end()

    def begin(self, call, done):
        """Takes the call over, later calls done(answer), and wants end() once that is sent; or returns the answer that refuses it."""
        if not self._lifecycle.ready:
            return error_answer(503, f"the container is {self._lifecycle.state.value}")
        if not self._workers.try_submit(call, done):
            return self._busy
        self._lifecycle.active += 1
        return None

    def end(self):
        self._lifecycle.leave()

    async def _other(self, scope, receive, send):
        path, method = scope["path"], scope["method"]
        function = self._own_routes.get((method, path))
        if function is None:
            if path in self._own_paths:
                return await send_answer(send, _wrong_verb(", ".join(m for m, p in self._own_routes if p == path)))
            return await send_answer(send, error_answer(404, self._explain_missing(path)))
        request = RouteRequest(scope, bytes(await read_body(receive, self._settings.body_limit, None, False)))
        started = []

        async def remember(message):
            started.append(True)
            await send(message)

        try:
            await answer_route(function, request, remember)
        except Exception as error:
            log.error("route %s %s failed: %s", method, path, describe(error))
            if started:
                raise  # half an answer is out: uvicorn closes the connection, which tells the caller
            await send_answer(send, error_answer(500, describe(error)))

    def _explain_missing(self, path):
        if path.startswith("/v2/models/"):
            return f"not found: this container serves model '{self._settings.model}' version '{self._settings.version}'"
        return "not found"

    def _too_large(self, error):
        close = ((b"connection", b"close"),) if error.must_close else ()
        return error_answer(413, f"the body is larger than {self._settings.body_limit} bytes", *close)


def read_headers(headers):
    """(Call without its body, content length or None, whether 100-continue is expected), or RequestError."""
    received = perf_counter_ns()
    header_length = deadline = traceparent = length = None
    expects = False
    for name, value in headers:
        if name == b"inference-header-content-length":
            header_length = parse_header_length(value)
        elif name == b"content-length":
            length = int(value)  # the HTTP parser has refused anything else
        elif name == b"orchestrator-deadline-ms":
            deadline = parse_deadline(value, received)
        elif name == b"traceparent":
            traceparent = value.decode("latin-1")
        elif name == b"expect":
            expects = True
    return Call(header_length, deadline, traceparent), length, expects


def _wrong_verb(allowed):
    return error_answer(405, f"method not allowed, expected {allowed}", (b"allow", allowed.encode("latin-1")))
