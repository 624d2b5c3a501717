"""What an author uses: a batch function and a signature, and serve()."""

import logging
import sys

from .errors import OptionError
from .settings import Settings
from .signature import Model

_VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")


class Container:
    """A server for one model.

        container = Container("my-framework")

        @container.load
        def load(settings):                  # runs once, on a worker thread
            model = read(settings.artefact)
            return Model(lambda inputs, context: {"y": model(inputs["x"])}, signature)

        @container.route("GET", "/info")     # optional
        def info(request):
            return {"about": "..."}

        container.serve()
    """

    def __init__(self, platform="python", name=None, version="1.0.0"):
        self.platform = platform
        self.name = name or f"orchestrator-{platform}"
        self.version = version
        self.routes = {}
        self.load_model = None

    def load(self, function):
        self.load_model = function
        return function

    def route(self, method, path):
        if method not in _VERBS or not path.startswith("/") or path == "/v2" or path.startswith("/v2/"):
            raise ValueError(f"route {method} {path}: expected one of {', '.join(_VERBS)} and a path outside of /v2")

        def add(function):
            if (method, path) in self.routes:
                raise ValueError(f"route {method} {path} is there already")
            self.routes[method, path] = function
            return function

        return add

    def serve(self):
        """Runs until a signal; never returns."""
        logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        from .server import EXIT_OPTION, Server, end_early, fatal, listen
        end_early()
        if self.load_model is None:
            raise ValueError("the container has no load function: decorate one with @container.load")
        try:
            settings = Settings.from_environment()
            listener = listen(settings)
        except OptionError as error:
            fatal(EXIT_OPTION, error)
        Server(self, settings, listener).run()


def serve(predict, signature, platform="python", **properties):
    """The short form, for a model that needs no loading: `properties` are those of Model (framework, max_batch_size, ...)."""
    container = Container(platform)
    container.load(lambda settings: Model(predict, signature, **properties))
    container.serve()
