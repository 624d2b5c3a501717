"""Serve one version of one model to Orchestrator. Import this before numpy: it applies ORCHESTRATOR_THREADS."""

from . import threads

threads.set_environment()

from .container import Container, serve  # noqa: E402
from .errors import LoadError, OptionError, RequestError, RowErrors, describe  # noqa: E402
from .routes import RouteRequest, RouteResponse  # noqa: E402
from .settings import Settings  # noqa: E402
from .signature import Model, Signature, Tensor  # noqa: E402

__all__ = ["Container", "LoadError", "Model", "OptionError", "RequestError", "RouteRequest", "RouteResponse", "RowErrors", "Settings",
           "Signature", "Tensor", "describe", "serve"]
