"""Applies ORCHESTRATOR_THREADS to the numeric libraries."""

import os

# OpenMP and the BLAS libraries read these once, when they are loaded: they must be set before numpy is imported.
_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def set_environment(environment=os.environ):
    """Called when the package is imported, so import it before numpy."""
    threads = environment.get("ORCHESTRATOR_THREADS") or "1"
    if threads.isascii() and threads.isdigit() and int(threads) > 0:  # a wrong value is reported by Settings, not here
        for name in _VARIABLES:
            environment[name] = threads


def limit_this_thread(threads):
    """OpenMP's limit belongs to the calling thread, so every worker calls this; also covers libraries loaded too early."""
    try:
        import threadpoolctl
    except ImportError:
        return
    threadpoolctl.threadpool_limits(limits=threads)
