"""Reads a request's body within the limit."""

# Up to so many times the limit an over-long body is read and dropped, so that a caller who is still sending gets to read the 413
# and the connection lives on; beyond that the connection is closed.
_DROP_FACTOR = 4


class BodyTooLarge(Exception):
    def __init__(self, must_close):
        super().__init__()
        self.must_close = must_close


class Disconnected(Exception):
    """The caller has gone before the body was complete: nobody is left to answer."""


async def read_body(receive, limit, length, expects_continue):
    """The body as a bytearray: the arrays made on it are writable, which some estimators demand."""
    if length is not None and length > limit and (expects_continue or length > limit * _DROP_FACTOR):
        raise BodyTooLarge(must_close=True)  # 100-continue was never sent, so the body will not come
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    chunk = message["body"]
    if not message["more_body"]:
        if len(chunk) > limit:
            raise BodyTooLarge(must_close=False)
        return bytearray(chunk)
    return await _read_rest(receive, limit, chunk)


async def _read_rest(receive, limit, chunk):
    chunks, total = [chunk], len(chunk)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message["body"]
        total += len(chunk)
        if total <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
            if total > limit * _DROP_FACTOR:
                raise BodyTooLarge(must_close=True)
        if not message["more_body"]:
            if total > limit:
                raise BodyTooLarge(must_close=False)
            return bytearray().join(chunks)
