"""Serves a pickled or joblib scikit-learn estimator. See README.md for the options."""

import sys

from orchestrator_container import Container

sys.dont_write_bytecode = True  # the artefact's folder may hold modules; nothing is ever written there
container = Container("sklearn")


@container.load
def load(settings):
    from orchestrator_sklearn.serving import load_model  # imports scikit-learn, on the worker while 'live' is answered already
    return load_model(settings)


if __name__ == "__main__":
    container.serve()
