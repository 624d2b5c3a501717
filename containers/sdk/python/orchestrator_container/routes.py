"""Routes of the author's own, beside those of the contract."""

import asyncio
import inspect

from .wire import Answer, json_answer


class RouteRequest:
    """What a route's function is given. `body` is read already and within the body limit."""

    __slots__ = ("method", "path", "query", "headers", "body")

    def __init__(self, scope, body):
        self.method = scope["method"]
        self.path = scope["path"]
        self.query = scope["query_string"].decode("latin-1")
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.body = body


class RouteResponse:
    """body: bytes or str, or an iterator (also asynchronous) of them: it is streamed, one chunk per item."""

    __slots__ = ("body", "status", "content_type", "headers")

    def __init__(self, body=b"", status=200, content_type="application/octet-stream", headers=None):
        self.body = body
        self.status = status
        self.content_type = content_type
        self.headers = dict(headers or {})

    def encode_headers(self):
        own = [(k.lower().encode("latin-1"), str(v).encode("latin-1")) for k, v in self.headers.items()]
        return [(b"content-type", self.content_type.encode("latin-1")), *own]


async def answer_route(function, request, send):
    """A plain function runs on a thread, an `async def` on the event loop, where it must not compute."""
    result = await _call(function, request)
    if isinstance(result, (dict, list)):
        return await send_answer(send, json_answer(200, result))
    if not isinstance(result, RouteResponse):
        is_text = isinstance(result, str)
        result = RouteResponse(result, content_type="text/plain; charset=utf-8" if is_text else "application/octet-stream")
    if isinstance(result.body, (str, bytes, bytearray)):
        body = _encode(result.body)
        return await send_answer(send, Answer(result.status, [*result.encode_headers(), (b"content-length", b"%d" % len(body))], body))
    await _stream(result, send)


async def _call(function, request):
    if inspect.iscoroutinefunction(function):
        return await function(request)
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        return function(request)
    return await asyncio.get_running_loop().run_in_executor(None, function, request)


async def _stream(response, send):
    await send({"type": "http.response.start", "status": response.status, "headers": response.encode_headers()})
    async for chunk in _items(response.body):
        await send({"type": "http.response.body", "body": _encode(chunk), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _items(body):
    if hasattr(body, "__aiter__"):
        async for chunk in body:
            yield chunk
        return
    iterator, loop, end = iter(body), asyncio.get_running_loop(), object()
    while True:  # a plain iterator may block between two items, so each step is taken on a thread
        chunk = await loop.run_in_executor(None, next, iterator, end)
        if chunk is end:
            return
        yield chunk


def _encode(chunk):
    return chunk.encode("utf-8") if isinstance(chunk, str) else bytes(chunk)


async def send_answer(send, answer):
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})
