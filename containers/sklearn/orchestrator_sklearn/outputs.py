"""Derives the outputs of an estimator's methods, and turns what they return into arrays."""

import numpy as np

from orchestrator_container import OptionError, Tensor

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "score_samples")


def choose_methods(estimator, options):
    method = options.get("method", "predict" if hasattr(estimator, "predict") or not hasattr(estimator, "transform") else "transform")
    methods = [method] if isinstance(method, str) else method
    if not isinstance(methods, list) or not methods or len(set(map(str, methods))) != len(methods) or any(m not in METHODS for m in methods):
        raise OptionError(f"option method is {method!r}, expected one of {', '.join(METHODS)} or a list of different ones")
    lacking = [m for m in methods if not hasattr(estimator, m)]
    if lacking:
        there = ", ".join(m for m in METHODS if hasattr(estimator, m)) or "none of them"
        raise OptionError(f"option method is {method!r}, but {type(estimator).__name__} has no {lacking[0]}, expected: {there}")
    return methods


def normalise(result):
    """A list of plain arrays: more than one where a method of a multi-output estimator returns a list."""
    if isinstance(result, list):
        return [_array(part) for part in result]
    return [_array(result)]


def _array(result):
    if hasattr(result, "toarray"):  # a sparse matrix
        result = result.toarray()
    array = np.asarray(result)
    if array.dtype.kind == "O" and array.size and not isinstance(array.flat[0], (str, bytes)):
        array = np.array(array.tolist())  # labels that were kept as objects: ints, bools, floats
    return array


def name_outputs(method, count):
    return [method] if count == 1 else [f"{method}_{i}" for i in range(count)]


def derive(estimator, method, sample):
    """(tensors of one method, whether it answered the sample). A call on one sample row tells them most surely, and warms the model up; else what the estimator says."""
    try:
        arrays = normalise(getattr(estimator, method)(sample))
    except Exception:
        return _derive_from_attributes(estimator, method), False
    return [Tensor(name, datatype_of(a.dtype), (-1, *a.shape[1:])) for name, a in zip(name_outputs(method, len(arrays)), arrays)], True


def _derive_from_attributes(estimator, method):
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, list):  # multi-output
        if method == "predict":
            return [Tensor(method, datatype_of(_array(classes[0]).dtype), (-1, len(classes)))]
        return [Tensor(f"{method}_{i}", "FP64", (-1, len(c))) for i, c in enumerate(classes)]
    if method == "predict":
        return [Tensor(method, "FP64" if classes is None else datatype_of(_array(classes).dtype), (-1,))]
    if method == "score_samples":
        return [Tensor(method, "FP64", (-1,))]
    if method == "decision_function" and (classes is None or len(classes) == 2):
        return [Tensor(method, "FP64", (-1,))]
    return [Tensor(method, "FP64", (-1, -1 if classes is None or method in ("transform", "decision_function") else len(classes)))]


def datatype_of(dtype):
    kind = np.dtype(dtype).kind
    if kind in "iu":
        return "INT64"
    if kind == "b":
        return "BOOL"
    return "BYTES" if kind in "OUS" else "FP64"
