"""Whole models over the wire."""

from operator import methodcaller

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

X = np.array([[0.0, 0], [1, 1], [2, 2], [3, 3]])


def tensor(name, datatype, data, *shape):
    return {"name": name, "datatype": datatype, "shape": list(shape) or [len(data)], "data": data}


def test_only_wanted_methods_are_answered(start):
    container = start(LogisticRegression().fit(X, ["a", "a", "b", "b"]), method=["predict", "predict_proba", "decision_function"])
    assert [(o["name"], o["datatype"], o["shape"]) for o in container.get("/v2/models/model").json["outputs"]] == [
        ("predict", "BYTES", [-1]), ("predict_proba", "FP64", [-1, 2]), ("decision_function", "FP64", [-1])]
    reply = container.infer({"inputs": [tensor("input", "FP64", [0, 0, 3, 3], 2, 2)], "outputs": [{"name": "predict_proba"}]})
    assert [o["name"] for o in reply.json["outputs"]] == ["predict_proba"] and reply.json["outputs"][0]["shape"] == [2, 2]


def test_text_model_takes_strings(start):
    container = start(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good", "bad", "good day", "bad day"], [1, 0, 1, 0]))
    assert container.infer({"inputs": [tensor("input", "BYTES", ["good good", "bad"])]}).json["outputs"][0]["data"] == [1, 0]


def test_named_numeric_columns_by_name_and_by_position(start):
    container = start(LinearRegression().fit(pd.DataFrame(X, columns=["a", "b"]), X[:, 0]))
    by_name = container.infer({"inputs": [tensor("b", "FP64", [1, 2]), tensor("a", "FP32", [1, 2])]})
    by_position = container.infer({"inputs": [tensor("input", "INT64", [1, 1, 2, 2], 2, 2)]})
    assert by_name.json["outputs"] == by_position.json["outputs"]
    assert "expected 'a', 'b'" in container.infer({"inputs": [tensor("c", "FP64", [1])]}).error
    assert "'b' is missing" in container.infer({"inputs": [tensor("a", "FP64", [1])]}).error
    assert "feature names" not in container.log  # scikit-learn would warn at each call if the names were lost


def test_missing_value_fails_alone(start):
    container = start(LinearRegression().fit(X, X[:, 0]))
    data = np.array([[1, 1], [np.nan, 1], [2, 2]])
    header = {"inputs": [{"name": "input", "datatype": "FP64", "shape": [3, 2], "parameters": {"binary_data_size": 48}}]}
    reply = container.infer_binary(header, data.tobytes()).json
    assert "NaN" in reply["parameters"]["errors"] and reply["outputs"][0]["data"][1] == 0


def test_model_that_never_answered_is_itself_at_fault(start):
    container = start(make_pipeline(FunctionTransformer(), LinearRegression()).fit(X, X[:, 0]).set_params(functiontransformer__func=methodcaller("reshape", 7)))
    reply = container.infer({"inputs": [tensor("input", "FP64", [1, 1], 1, 2)]})
    assert reply.status == 500 and reply.error.startswith("ValueError: cannot reshape")


def test_saved_jobs_are_limited_to_the_threads(start):
    forest = RandomForestRegressor(n_estimators=3, n_jobs=-1).fit(X, X[:, 0])
    container = start(forest)
    container.infer({"inputs": [tensor("input", "FP64", [1, 1], 1, 2)]})
    threads = int(next(line for line in open(f"/proc/{container._process.pid}/status") if line.startswith("Threads")).split()[1])
    assert threads <= 3  # main, worker, and perhaps one of the event loop
