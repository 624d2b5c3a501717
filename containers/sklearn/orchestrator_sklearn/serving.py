"""Puts the parts together: artefact, inputs, outputs, batch function."""

import warnings

import sklearn
from sklearn.utils.validation import check_is_fitted

from orchestrator_container import LoadError, Model, OptionError, Signature

from . import artefact, inputs, outputs, rows

OPTIONS = ("columns", "method")


def load_model(settings):
    unknown = [name for name in settings.options if name not in OPTIONS]
    if unknown:
        raise OptionError(f"option {unknown[0]!r} is unknown, expected {' or '.join(OPTIONS)}")
    path = artefact.find(settings.artefact)
    estimator, version_warnings = artefact.load(path)
    _check_estimator(estimator, path)
    _limit_jobs(estimator, settings.threads)
    methods = outputs.choose_methods(estimator, settings.options)
    source = inputs.derive(estimator, settings.options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        derived = {m: outputs.derive(estimator, m, source.sample()) for m in methods}
    tensors = {m: own for m, (own, _) in derived.items()}
    trust = rows.Trust(all(answered for _, answered in derived.values()))
    signature = Signature(source.tensors, [t for m in methods for t in tensors[m]], alternatives=source.alternatives)
    predict = _make_predict(estimator, source, {m: [t.name for t in tensors[m]] for m in methods}, trust)
    return Model(predict, signature, framework=f"scikit-learn {sklearn.__version__}", warnings=version_warnings)


def _check_estimator(estimator, path):
    if not any(hasattr(estimator, m) for m in outputs.METHODS):
        raise LoadError(f"{path} holds a {type(estimator).__name__}, expected an estimator with predict or transform: save the estimator itself")
    try:
        check_is_fitted(estimator)
    except sklearn.exceptions.NotFittedError:
        raise LoadError(f"{path} holds a {type(estimator).__name__} that is not fitted, expected a fitted one: call fit before saving") from None
    except Exception:  # not scikit-learn's own kind of estimator: it has the methods, which is enough
        pass


def _limit_jobs(estimator, threads):
    """A model saved with n_jobs=-1 would take every core of the machine: it gets what the container was given."""
    if not hasattr(estimator, "get_params"):
        return
    try:
        parameters = estimator.get_params(deep=True)
        jobs = {n: threads for n, v in parameters.items() if (n == "n_jobs" or n.endswith("__n_jobs")) and v not in (None, 1)}
        if jobs:
            estimator.set_params(**jobs)
    except Exception:  # a third party's estimator with parameters of its own kind: it keeps them
        pass


def _make_predict(estimator, source, names, trust):
    methods = {m: (getattr(estimator, m), set(n)) for m, n in names.items()}

    def compute(batch, wanted):
        answer = {}
        for method, (function, own) in methods.items():
            if not own.isdisjoint(wanted):
                answer.update(zip(names[method], outputs.normalise(function(batch))))
        return answer

    def predict(given, context):
        wanted = context.outputs
        return rows.compute(lambda batch: compute(batch, wanted), source.gather(given), context.rows, context.remaining, trust)

    return predict
