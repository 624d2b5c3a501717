"""Inputs derived from estimators."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from orchestrator_container import OptionError
from orchestrator_sklearn import inputs

FRAME = pd.DataFrame({"n": [1.0, 2, 3, 4], "city": ["a", "b", "a", "b"], "m": [0.0, 1, 0, 1], "note": ["red sky", "sky", "sea", "red"]})
LABELS = [0, 1, 0, 1]


def describe(estimator, **options):
    return {t.name: (t.datatype, t.shape) for t in inputs.derive(estimator, options).tensors}


def test_array_model_has_one_matrix():
    assert describe(LinearRegression().fit(FRAME[["n", "m"]].to_numpy(), LABELS)) == {"input": ("FP64", (-1, 2))}


def test_text_pipeline_takes_text():
    assert describe(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(FRAME["note"], LABELS)) == {"input": ("BYTES", (-1,))}


def test_matrix_of_text_is_bytes():
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(FRAME[["city", "note"]].to_numpy(), LABELS)
    assert describe(model) == {"input": ("BYTES", (-1, 2))}
    assert model.predict(inputs.derive(model, {}).sample()).shape == (1,)


@pytest.mark.parametrize("columns", [["city"], [1], slice(1, 2), [False, True, False, False], slice("city", "city")])
def test_text_columns_are_found_however_they_are_named(columns):
    model = ColumnTransformer([("c", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), columns), ("n", StandardScaler(), ["n"])]).fit(FRAME)
    assert inputs.infer_text_columns(model, list(FRAME.columns)) == {"city": "a"}


def test_mixed_transformers_are_looked_through():
    model = make_pipeline(make_column_transformer((OrdinalEncoder(), ["m", "city"]), (CountVectorizer(), "note"), remainder="passthrough"), LogisticRegression())
    assert describe(model.fit(FRAME, LABELS)) == {"n": ("FP64", (-1,)), "city": ("BYTES", (-1,)), "m": ("FP64", (-1,)), "note": ("BYTES", (-1,))}


def test_encoder_without_column_transformer_is_found():
    assert describe(make_pipeline(OneHotEncoder(), LogisticRegression()).fit(FRAME[["city", "m"]], LABELS)) == {"city": ("BYTES", (-1,)), "m": ("FP64", (-1,))}


def test_numeric_columns_also_come_as_a_matrix():
    source = inputs.derive(LinearRegression().fit(FRAME[["n", "m"]], LABELS), {})
    by_name = source.gather({"m": np.array([7.0]), "n": np.array([5.0])})
    by_position = source.gather({"input": np.array([[5.0, 7.0]])})
    pd.testing.assert_frame_equal(by_name, by_position)
    assert [t.shape for t in source.alternatives[0]] == [(-1, 2)]


def test_chosen_columns_replace_what_is_inferred():
    model = LinearRegression().fit(FRAME[["n", "m"]], LABELS)
    assert describe(model, columns={"m": "INT64"}) == {"n": ("FP64", (-1,)), "m": ("INT64", (-1,))}
    assert inputs.derive(model, {"columns": {"m": "INT64"}}).alternatives == ()


@pytest.mark.parametrize("columns", [[], "n", {"n": "FLOAT"}, {"n": 5}, {"n": ["FP64"]}, {"n": "BF16"}, {"other": "FP64"}])
def test_wrong_columns_are_refused(columns):
    with pytest.raises(OptionError, match="columns"):
        inputs.derive(LinearRegression().fit(FRAME[["n", "m"]], LABELS), {"columns": columns})
