"""Outputs derived from estimators."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

from orchestrator_container import OptionError
from orchestrator_sklearn import outputs

X = np.array([[0.0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5]])
SAMPLE = np.zeros((1, 2))


def labels(*values, dtype=None):
    return np.array((values * 6)[:6], dtype=dtype)


PREDICTIONS = [(LogisticRegression(), labels(0, 1), "INT64", (-1,)), (LogisticRegression(), labels("a", "b"), "BYTES", (-1,)),
               (LogisticRegression(), labels("a", "b", dtype=object), "BYTES", (-1,)), (LogisticRegression(), labels(True, False), "BOOL", (-1,)),
               (LogisticRegression(), labels(0.0, 1.0), "FP64", (-1,)), (LinearRegression(), labels(1, 2), "FP64", (-1,)),
               (LinearRegression(), np.ones((6, 3)), "FP64", (-1, 3)), (RandomForestClassifier(2), np.array([[0, 1], [1, 0]] * 3), "INT64", (-1, 2))]


# By calling it, and by its attributes alone; a regressor does not say how many targets it has, so that one must be called.
WAYS = [(*p, sample) for p in PREDICTIONS for sample in (SAMPLE, None) if sample is not None or p[3] != (-1, 3)]


@pytest.mark.parametrize("estimator, y, datatype, shape, sample", WAYS, ids=range(len(WAYS)))
def test_predict_has_the_type_of_its_labels(estimator, y, datatype, shape, sample):
    (tensor,), answered = outputs.derive(estimator.fit(X, y), "predict", sample)
    assert (tensor.name, tensor.datatype, tensor.shape, answered) == ("predict", datatype, shape, sample is not None)


@pytest.mark.parametrize("estimator, method, shape", [
    (LogisticRegression(), "predict_proba", (-1, 3)), (LogisticRegression(), "decision_function", (-1, 3)), (PCA(1), "transform", (-1, 1)),
    (IsolationForest(n_estimators=2), "score_samples", (-1,)), (OneHotEncoder(handle_unknown="ignore"), "transform", (-1, 12))])
def test_other_methods_are_fp64(estimator, method, shape):
    (tensor,), _ = outputs.derive(estimator.fit(X, labels(0, 1, 2)), method, SAMPLE)
    assert (tensor.name, tensor.datatype, tensor.shape) == (method, "FP64", shape)


def test_lists_of_multi_output_become_numbered_outputs():
    forest = RandomForestClassifier(2).fit(X, np.column_stack([labels(0, 1), labels(0, 1, 2)]))
    tensors, _ = outputs.derive(forest, "predict_proba", SAMPLE)
    assert [(t.name, t.shape) for t in tensors] == [("predict_proba_0", (-1, 2)), ("predict_proba_1", (-1, 3))]
    assert (tensors, False) == outputs.derive(forest, "predict_proba", None)


@pytest.mark.parametrize("method", ["fit", "predict_probability", [], ["predict", "predict"], 5, None, "predict_proba", ["predict", "transform"]])
def test_wrong_method_is_refused(method):
    with pytest.raises(OptionError, match="option method"):
        outputs.choose_methods(SVC().fit(X, labels(0, 1)), {"method": method})


def test_default_method_is_predict_or_transform():
    assert outputs.choose_methods(SVC().fit(X, labels(0, 1)), {}) == ["predict"]
    assert outputs.choose_methods(PCA().fit(X), {}) == ["transform"]
