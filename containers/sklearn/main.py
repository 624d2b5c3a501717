"""Serves a pickled or joblib scikit-learn estimator. See README.md for the options."""

from orchestrator_container import Container

container = Container("sklearn")


@container.load
def load(settings):
    from orchestrator_sklearn.serving import load_model  # imports scikit-learn, on the worker while 'live' is answered already
    return load_model(settings)


if __name__ == "__main__":
    container.serve()
