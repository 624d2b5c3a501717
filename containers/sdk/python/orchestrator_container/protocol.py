"""uvicorn's HTTP protocol with the contract's error bodies."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .wire import error_answer


class ContainerProtocol(HttpToolsProtocol):
    """What never reaches the application (broken HTTP, an upgrade) is answered here."""

    def send_400_response(self, msg):
        if self.transport.is_closing():
            return
        answer = error_answer(400, msg)
        lines = [b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"]
        lines += [name + b": " + value + b"\r\n" for name, value in answer.headers]
        self.transport.write(b"".join([*lines, b"\r\n", answer.body]))
        self.transport.close()

    def handle_upgrade(self):
        self.send_400_response("Unsupported upgrade request.")
