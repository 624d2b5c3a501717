"""The threads that compute. One per concurrency slot, each waiting on the same queue.

    event loop --try_submit--> SimpleQueue --> worker thread --call_soon_threadsafe--> event loop

SimpleQueue is written in C and its put releases a waiting thread without a Python lock, which is the cheapest hand-over there is.
"""

import threading
from queue import SimpleQueue
from time import perf_counter_ns

from .threads import limit_this_thread


def waiting(concurrency):
    """How many batches wait, so that a worker never idles between two: where there is one worker, the next may still be on its way when it ends, so two."""
    return 2 if concurrency == 1 else 1


class Workers:
    """The first thread loads the model and only then serves; the others start after it. `pending` belongs to the event loop."""

    def __init__(self, settings, loop):
        self._threads = settings.threads
        self._concurrency = settings.concurrency
        self._limit = settings.concurrency + waiting(settings.concurrency)
        self._loop = loop
        self._queue = SimpleQueue()
        self.pending = 0

    def start(self, load):
        """load() returns the function that turns a Call into an Answer; it ends the process itself if it fails."""
        self._spawn(lambda: self._load_and_serve(load))

    def try_submit(self, call, done):
        """Takes the call over and later calls done(answer) on the loop; or returns False, then the caller keeps it."""
        if self.pending >= self._limit:
            return False
        self.pending += 1
        call.done = done
        call.queued = perf_counter_ns()
        self._queue.put(call)
        return True

    def is_full(self):
        return self.pending >= self._limit

    def _load_and_serve(self, load):
        run = load()
        for _ in range(self._concurrency - 1):
            self._spawn(lambda: self._serve(run))
        self._serve(run)

    def _serve(self, run):
        limit_this_thread(self._threads)
        take, back, complete = self._queue.get, self._loop.call_soon_threadsafe, self._complete
        while True:
            call = take()
            back(complete, call.done, run(call))
            call = None  # do not hold the last body while waiting

    def _complete(self, done, answer):
        self.pending -= 1
        done(answer)

    def _spawn(self, target):
        # Daemons: a batch that never ends must not hold up the exit after the drain.
        threading.Thread(target=target, name="worker", daemon=True).start()
