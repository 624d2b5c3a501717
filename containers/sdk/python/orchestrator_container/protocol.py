"""uvicorn's HTTP protocol with the contract's error bodies, and a short way for the one request that is paid per batch."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .app import read_headers
from .errors import RequestError
from .wire import error_answer

# Above this a second write costs less than a copy of the body.
_JOIN_LIMIT = 64 * 1024


class _NoEvent:
    def set(self):
        pass


class InferCycle:
    """Stands where uvicorn keeps its request cycle, with what uvicorn looks at: so requests pipelined behind it wait as usual.

    There is no scope, task, event or coroutine: the body goes to a worker as soon as it is complete, and the worker's answer is written
    by the callback. That is about half of the time that HTTP takes here.
    """

    __slots__ = ("protocol", "call", "chunks", "response_complete", "disconnected", "keep_alive")
    message_event = _NoEvent()

    def __init__(self, protocol, call):
        self.protocol = protocol
        self.call = call
        self.chunks = []
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True

    def begin(self):
        chunks = self.chunks
        self.call.body = bytearray(chunks[0]) if len(chunks) == 1 else bytearray().join(chunks)
        self.chunks = None
        refusal = self.protocol.app.begin(self.call, self.finish)
        self.call = None
        if refusal is not None:
            self._write(refusal)

    def finish(self, answer):
        self._write(answer)
        self.protocol.app.end()

    def _write(self, answer):
        self.response_complete = True
        protocol = self.protocol
        if self.disconnected or protocol.transport.is_closing():
            return
        lines = [STATUS_LINE[answer.status]]
        for name, value in answer.headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n")
        if len(answer.body) <= _JOIN_LIMIT:
            lines.append(answer.body)
            protocol.transport.write(b"".join(lines))
        else:
            protocol.transport.write(b"".join(lines))
            protocol.transport.write(answer.body)
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class ContainerProtocol(HttpToolsProtocol):
    """An ordinary inference request takes the short way; everything that is special about one goes to the application as usual."""

    def on_headers_complete(self):
        if self.url in self.app.infer_urls:
            call = self._read_ordinary()
            if call is not None:
                self.cycle = InferCycle(self, call)
                return
        super().on_headers_complete()

    def _read_ordinary(self):
        parser = self.parser
        if parser.get_method() != b"POST" or parser.should_upgrade() or not parser.should_keep_alive() or self.flow.write_paused:
            return None
        if self.cycle is not None and not self.cycle.response_complete:
            return None  # pipelined: it has to wait, which the cycles of uvicorn can
        try:
            call, length, expects = read_headers(self.headers)
        except RequestError:
            return None
        return None if expects or length is None or length > self.app.body_limit else call

    def on_body(self, body):
        cycle = self.cycle
        if type(cycle) is InferCycle:
            cycle.chunks.append(body)  # within the limit: the parser hands over no more than the content length
        else:
            super().on_body(body)

    def on_message_complete(self):
        cycle = self.cycle
        if type(cycle) is InferCycle:
            cycle.begin()
        else:
            super().on_message_complete()

    def send_400_response(self, msg):
        """What never reaches the application: broken HTTP."""
        if self.transport.is_closing():
            return
        answer = error_answer(400, msg)
        lines = [b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"]
        lines += [name + b": " + value + b"\r\n" for name, value in answer.headers]
        self.transport.write(b"".join([*lines, b"\r\n", answer.body]))
        self.transport.close()

    def handle_upgrade(self):
        self.send_400_response("Unsupported upgrade request.")
