"""Derives the inputs from an estimator, and turns a batch of them into what the estimator was fitted on."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.pipeline import Pipeline

from orchestrator_container import OptionError, Tensor
from orchestrator_container.signature import DATATYPES

POSITIONAL = "input"


class Matrix:
    """One input [-1, n] by position: for estimators fitted on arrays."""

    def __init__(self, features, datatype="FP64", samples=None):
        self.tensors = (Tensor(POSITIONAL, datatype, (-1, features), text=True),)
        self.alternatives = ()
        self._samples = samples

    def gather(self, inputs):
        return inputs[POSITIONAL]

    def sample(self):
        tensor = self.tensors[0]
        if tensor.datatype == "BYTES":
            return np.array([self._samples], dtype=object)
        return np.zeros((1, max(1, tensor.shape[1])))


class Texts:
    """One input [-1] of text: for pipelines that begin with a vectorizer."""

    tensors = (Tensor(POSITIONAL, "BYTES", (-1,), text=True),)
    alternatives = ()

    def gather(self, inputs):
        return inputs[POSITIONAL]

    def sample(self):
        return np.array(["sample text"], dtype=object)


class Columns:
    """One input [-1] per column of the DataFrame that the estimator was fitted on.

    Columns that are all numeric, of datatypes nobody chose, may also come as one matrix in the order of fitting.
    """

    def __init__(self, names, datatypes, samples, positional):
        import pandas
        self._frame = pandas.DataFrame
        self._names = list(names)
        self._index = pandas.Index(self._names)
        self._samples = samples
        self.tensors = tuple(Tensor(name, datatypes[name], (-1,), text=True) for name in names)
        # A column that is itself named so takes the name: the matrix form is then not offered.
        offered = positional and POSITIONAL not in self._names and set(datatypes.values()) == {"FP64"}
        self.alternatives = ((Tensor(POSITIONAL, "FP64", (-1, len(self._names))),),) if offered else ()
        self._same = len(set(datatypes.values())) == 1 and "BYTES" not in datatypes.values()

    def gather(self, inputs):
        if len(inputs) == 1 and POSITIONAL in inputs and self.alternatives:
            return self._frame(inputs[POSITIONAL], columns=self._index, copy=False)
        if self._same:  # one block of memory: several times cheaper than a dict of columns
            return self._frame(np.column_stack([inputs[name] for name in self._names]), columns=self._index, copy=False)
        return self._frame({name: inputs[name] for name in self._names}, copy=False)

    def sample(self):
        row = {t.name: np.array([self._samples.get(t.name, "")], dtype=object) if t.datatype == "BYTES" else np.zeros(1) for t in self.tensors}
        return self._frame(row)


def derive(estimator, options):
    """The inputs of this estimator, with the option `columns` applied."""
    chosen = _check_columns(options.get("columns"))
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return _derive_unnamed(estimator, chosen)
    names = [str(n) for n in names]
    unknown = [n for n in chosen if n not in names]
    if unknown:
        raise OptionError(f"option columns names {unknown}, expected columns that the model was fitted on: {names}")
    samples = infer_text_columns(estimator, names)
    datatypes = {n: chosen.get(n) or ("BYTES" if n in samples else "FP64") for n in names}
    return Columns(names, datatypes, samples, positional=not chosen)


def _derive_unnamed(estimator, chosen):
    if chosen:  # fitted without names, but the author says what a row is: a DataFrame in this order
        return Columns(list(chosen), chosen, {}, positional=False)
    first = first_step(estimator)
    if isinstance(first, (CountVectorizer, HashingVectorizer)):
        return Texts()
    features = getattr(estimator, "n_features_in_", None)
    features = int(features) if features else -1
    samples = [_text_sample(c) for c in getattr(first, "categories_", [])]
    if samples and None not in samples and len(samples) == features:
        return Matrix(features, "BYTES", samples)
    return Matrix(features)


def _check_columns(columns):
    if columns is None:
        return {}
    allowed = [d for d in DATATYPES if d != "BF16"]
    if not isinstance(columns, dict) or not all(d in allowed for d in columns.values() if isinstance(d, str)) \
            or not all(isinstance(d, str) for d in columns.values()):
        raise OptionError(f"option columns is {columns!r}, expected an object from column name to one of {', '.join(allowed)}")
    return columns


def first_step(estimator):
    while isinstance(estimator, Pipeline) and estimator.steps:
        estimator = next((s for _, s in estimator.steps if s not in (None, "passthrough")), None)
    return estimator


def infer_text_columns(estimator, names):
    """{column: a value it was fitted on} for the columns that hold text."""
    first = first_step(estimator)
    if isinstance(first, ColumnTransformer):
        found = {}
        for _, transformer, columns in first.transformers_:
            found.update(_text_of(transformer, _resolve(columns, names)))
        return found
    return _text_of(first, names)


def _resolve(columns, names):
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, (int, np.integer)):
        return [names[columns]]
    if isinstance(columns, slice) and isinstance(columns.start or columns.stop, str):
        first = names.index(columns.start) if columns.start else 0
        return names[first:names.index(columns.stop) + 1 if columns.stop else None]
    if isinstance(columns, slice):
        return names[columns]
    columns = list(columns)
    if columns and isinstance(columns[0], str):
        return columns
    return [str(n) for n in np.array(names, dtype=object)[columns]] if columns else []


def _text_of(transformer, columns):
    """Looks at the steps in their order until one tells what its columns hold."""
    steps = [s for _, s in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]
    for step in steps:
        if isinstance(step, (CountVectorizer, HashingVectorizer)):
            return {c: "sample text" for c in columns}
        fitted = getattr(step, "categories_", None)
        if fitted is None and getattr(step, "statistics_", None) is not None:  # an imputer of text
            fitted = [np.atleast_1d(s) for s in step.statistics_]
        if fitted is not None and len(fitted) == len(columns):
            samples = {c: _text_sample(values) for c, values in zip(columns, fitted)}
            return {c: s for c, s in samples.items() if s is not None}
    return {}


def _text_sample(values):
    return next((str(v) for v in np.asarray(values, dtype=object) if isinstance(v, str)), None)
