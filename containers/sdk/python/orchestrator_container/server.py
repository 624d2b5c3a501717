"""One process: listens at once, loads on a worker, serves, drains, ends."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import traceback

from .errors import LoadError, OptionError, describe
from .lifecycle import Lifecycle

log = logging.getLogger("orchestrator")

EXIT_OPTION = 2
EXIT_LOAD = 3
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
KEEP_ALIVE_SECONDS = 120
BACKLOG = 1024
# A batch of pure Python holds the interpreter for one interval at a time; health waits for it. Python's own 5 ms are felt there,
# and far less would cost throughput by needless switches.
SWITCH_INTERVAL_SECONDS = 0.0005


def fatal(code, text):
    """One line, whatever the text holds; ends at once, since a thread may hang inside a framework's import."""
    sys.stderr.write(f"FATAL: {' '.join(str(text).split())}\n")
    sys.stderr.flush()
    os._exit(code)


def end_early():
    """Until the event loop takes the signals over there is nothing to drain."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: os._exit(0))


def listen(settings):
    """Before anything heavy is imported: whoever connects from now on waits in the backlog and is answered."""
    try:
        if settings.socket:
            return _listen_unix(settings.socket)
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        where = settings.socket or f"{settings.host}:{settings.port}"
        raise OptionError(f"cannot listen on {where} ({describe(error)}), expected a free address: check "
                          f"{'ORCHESTRATOR_SOCKET' if settings.socket else 'ORCHESTRATOR_HOST and ORCHESTRATOR_PORT'}") from None


def _listen_unix(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.exists(path) and not _answers(path):
            os.unlink(path)  # left by a process that was killed
        listener.bind(path)
        # The caller may be another user (a container's user differs from the host's): the folder decides who gets in.
        os.chmod(path, 0o666)
        listener.listen(BACKLOG)
        return listener
    except OSError:
        listener.close()
        raise


def _answers(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(path) == 0


class Server:
    def __init__(self, container, settings, listener):
        self._container = container
        self._settings = settings
        self._listener = listener
        self._lifecycle = Lifecycle()

    def run(self):
        sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
        try:
            import uvloop
            loop = uvloop.new_event_loop()
        except ImportError:
            loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(self._serve(loop))

    async def _serve(self, loop):
        self._loop = loop
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop, number)
        from .app import App
        from .worker import Workers
        workers = Workers(self._settings, loop)
        container = self._container
        self._app = App(self._settings, container.name, container.version, self._lifecycle, workers, container.routes)
        try:
            self._server = _make_uvicorn(self._app)
        except ImportError as error:
            fatal(EXIT_LOAD, f"the server cannot start ({describe(error)}), expected uvicorn and httptools: install them for {sys.executable}")
        workers.start(self._load)
        log.info("listening on %s", _address(self._listener))
        await self._server.serve(sockets=[self._listener])

    def _load(self):
        """On the first worker thread. Returns what turns a call into an answer."""
        try:
            from .inference import Inference
            model = self._container.load_model(self._settings)
            inference = Inference(self._settings, model)
            metadata = self._describe(model)
            gc.collect()
            gc.freeze()  # the model stays for ever: no later collection is to look through it, in the middle of a batch
        except OptionError as error:
            fatal(EXIT_OPTION, error)
        except LoadError as error:
            fatal(EXIT_LOAD, error)
        except BaseException as error:
            traceback.print_exc()
            fatal(EXIT_LOAD, f"the model did not load ({describe(error)}), expected a load without an exception: see the lines above")
        self._loop.call_soon_threadsafe(self._announce, metadata)
        return inference.run

    def _announce(self, metadata):
        self._app.describe(metadata)
        self._lifecycle.become_ready()
        log.info("ready: model %s version %s", self._settings.model, self._settings.version)

    def _describe(self, model):
        return {
            "name": self._settings.model,
            "versions": [self._settings.version],
            "platform": self._container.platform,
            "inputs": [t.describe() for t in model.signature.inputs],
            "outputs": [t.describe() for t in model.signature.outputs],
            "properties": model.describe_properties(self._settings.concurrency),
        }

    def _stop(self, number):
        if self._lifecycle.state.value == "draining":
            self._exit(128 + number, "second signal, ending at once")
        # It goes on listening: callers are to see 'not ready' and refusals, not a closed port.
        self._loop.call_later(self._settings.drain_seconds, self._exit, 0, "the drain took too long, ending with work unfinished")
        log.info("draining: %d calls at work", self._lifecycle.active)
        self._lifecycle.drain(lambda: self._loop.create_task(self._finish()))

    async def _finish(self):
        # The last answer may be larger than the socket's buffer: wait until the transports have handed it over.
        while any(c.transport.get_write_buffer_size() for c in self._connections() if not c.transport.is_closing()):
            await asyncio.sleep(0.005)
        self._exit(0, "drained")

    def _connections(self):
        return list(self._server.server_state.connections)

    def _exit(self, code, text):
        log.info(text)
        if self._settings.socket:
            try:
                os.unlink(self._settings.socket)
            except OSError:
                pass
        sys.stderr.flush()
        os._exit(code)  # worker threads may be inside a batch; an ordinary exit would wait for them


def _make_uvicorn(app):
    import uvicorn
    from .protocol import ContainerProtocol

    class QuietServer(uvicorn.Server):
        def install_signal_handlers(self):
            """Signals are ours: uvicorn would close the port first and then wait without a bound."""

        def capture_signals(self):
            """The same, as later versions call it."""
            return contextlib.nullcontext()

    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it would log each broken request
    return QuietServer(uvicorn.Config(
        app, http=ContainerProtocol, ws="none", loop="none", lifespan="off", interface="asgi3", log_config=None, log_level="critical",
        access_log=False, proxy_headers=False, server_header=False, date_header=False, timeout_keep_alive=KEEP_ALIVE_SECONDS))


def _address(listener):
    name = listener.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    return f"http://[{name[0]}]:{name[1]}" if ":" in name[0] else f"http://{name[0]}:{name[1]}"
