"""The variables a container is started with (container contract, "How it is started")."""

import json
import os
from dataclasses import dataclass, field

from .errors import OptionError

DEFAULT_MAX_BATCH_BYTES = 8 * 1024 * 1024
DEFAULT_DRAIN_SECONDS = 10.0
BODY_ALLOWANCE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    model: str = "model"
    version: str = "1"
    artefact: str = None
    host: str = "127.0.0.1"
    port: int = 8080
    socket: str = None
    concurrency: int = 1
    threads: int = 1
    max_batch_bytes: int = DEFAULT_MAX_BATCH_BYTES
    drain_seconds: float = DEFAULT_DRAIN_SECONDS
    options: dict = field(default_factory=dict)
    replica: str = ""
    run_id: str = ""

    @property
    def body_limit(self):
        """JSON takes more room than tensors: twice the largest batch, and something for the header."""
        return 2 * self.max_batch_bytes + BODY_ALLOWANCE_BYTES

    @staticmethod
    def from_environment(environment=os.environ):
        """Collects every mistake before it raises, so that one start shows all of them."""
        read = _Reader(environment)
        settings = Settings(
            model=read.text("MODEL", "model"),
            version=read.text("VERSION", "1"),
            artefact=read.text("ARTEFACT", None),
            host=read.text("HOST", "127.0.0.1"),
            port=read.integer("PORT", 8080, 0, 65535),
            socket=read.text("SOCKET", None),
            concurrency=read.integer("CONCURRENCY", 1, 1, 1024),
            threads=read.integer("THREADS", 1, 1, 1024),
            max_batch_bytes=read.integer("MAX_BATCH_BYTES", DEFAULT_MAX_BATCH_BYTES, 1, 1 << 40),
            drain_seconds=read.seconds("DRAIN_SECONDS", DEFAULT_DRAIN_SECONDS),
            options=read.json_object("OPTIONS"),
            replica=read.text("REPLICA", ""),
            run_id=read.text("RUN_ID", ""),
        )
        if read.mistakes:
            raise OptionError("; ".join(read.mistakes))
        return settings


class _Reader:
    def __init__(self, environment):
        self._environment = environment
        self.mistakes = []

    def text(self, name, default):
        return self._environment.get(f"ORCHESTRATOR_{name}") or default

    def integer(self, name, default, lowest, highest):
        text = self.text(name, None)
        if text is None:
            return default
        if text.isascii() and text.isdigit() and len(text) < 16 and lowest <= int(text) <= highest:
            return int(text)
        self._mistake(name, text, f"a whole number from {lowest} to {highest}")
        return default

    def seconds(self, name, default):
        text = self.text(name, None)
        if text is None:
            return default
        if text.isascii() and text.replace(".", "", 1).isdigit() and float(text) <= 86400:
            return float(text)
        self._mistake(name, text, "seconds from 0 to 86400")
        return default

    def json_object(self, name):
        text = self.text(name, "{}")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        self._mistake(name, text, "a JSON object")
        return {}

    def _mistake(self, name, text, expected):
        self.mistakes.append(f"ORCHESTRATOR_{name} is {text[:200]!r}, expected {expected}")
