"""The container's state and its transitions."""

import enum


class State(enum.Enum):
    """LOADING -> READY -> DRAINING, and LOADING -> DRAINING when it is stopped before it has loaded. Nothing leads back."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"


class Lifecycle:
    """Belongs to the event loop. `active` counts inference calls that were accepted and not yet answered."""

    def __init__(self):
        self.state = State.LOADING
        self.active = 0
        self._on_drained = None

    @property
    def ready(self):
        return self.state is State.READY

    def become_ready(self):
        if self.state is State.LOADING:  # a stop may have come while the model loaded: draining is never left
            self.state = State.READY

    def drain(self, on_drained):
        self.state = State.DRAINING
        self._on_drained = on_drained
        self._report()

    def leave(self):
        self.active -= 1
        self._report()

    def _report(self):
        if self._on_drained is not None and self.active == 0:
            on_drained, self._on_drained = self._on_drained, None
            on_drained()
