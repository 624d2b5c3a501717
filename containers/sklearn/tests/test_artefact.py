"""Artefacts that are missing, foreign, or from another version."""

import bz2
import gzip
import pickle
import zlib

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from orchestrator_container import LoadError
from orchestrator_sklearn import artefact

X = np.array([[0.0], [1.0]])


def fitted():
    return make_pipeline(StandardScaler(), LinearRegression()).fit(X, [0, 1])


def of_version(data, version):
    """The same pickle, as another scikit-learn would have written it; same length, so that the framing stays right."""
    here = sklearn.__version__.encode()
    assert here in data and len(here) == len(version)
    return data.replace(here, version.encode())


@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress, bz2.compress])
def test_version_is_read_without_unpickling(tmp_path, protocol, pack):
    path = tmp_path / "m.pkl"
    path.write_bytes(pack(of_version(pickle.dumps(StandardScaler().fit(X), protocol), "0.9.9")))
    assert artefact.scan_versions(path) == {"0.9.9"}


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib"])
def test_pickle_and_joblib_load(start, tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(pickle.dumps(fitted())) if suffix != ".joblib" else joblib.dump(fitted(), path, compress=3)
    reply = start(tmp_path).infer({"inputs": [{"name": "input", "datatype": "FP64", "shape": [1, 1], "data": [1]}]})
    assert reply.json["outputs"][0]["data"] == pytest.approx([1.0])


def test_other_version_is_one_warning(start, tmp_path):
    path = tmp_path / "m.pkl"
    path.write_bytes(of_version(pickle.dumps(fitted()), "0.9.9"))
    warnings = start(path).get("/v2/models/model").json["properties"]["warnings"]
    assert len(warnings.splitlines()) == 1
    assert "saved with scikit-learn 0.9.9, served with 1.2.1" in warnings and "StandardScaler, LinearRegression" in warnings


def test_same_version_is_no_warning(start):
    assert "warnings" not in start(fitted()).get("/v2/models/model").json["properties"]


def test_pickle_of_another_version_that_does_not_load_names_both(start, tmp_path):
    path = tmp_path / "m.pkl"
    data = of_version(pickle.dumps(fitted()), "0.9.9")
    path.write_bytes(data.replace(b"sklearn.linear_model._base", b"sklearn.linear_model._gone"))
    container = start(path, ready=False)
    assert container.wait_exit() == 3
    fatal, = [line for line in container.log.splitlines() if line.startswith("FATAL: ")]
    assert "0.9.9" in fatal and sklearn.__version__ in fatal and "install scikit-learn 0.9.9" in fatal


def unloadable(folder):
    yield "missing", folder / "none.pkl", "does not exist"
    yield "empty folder", _make(folder / "empty"), "holds none, expected exactly one"
    two = _make(folder / "two")
    (two / "a.pkl").write_bytes(b"1"), (two / "b.joblib").write_bytes(b"1")
    yield "two", two, "holds a.pkl, b.joblib"
    for name, content, text in [("junk", b"not a pickle", "save it again"), ("nothing", b"", "save it again"), ("dict", pickle.dumps({"model": 1}), "holds a dict"),
                                ("unfitted", pickle.dumps(LinearRegression()), "not fitted"), ("foreign", b"cnowhere_to_be_found\nModel\n.", "nowhere_to_be_found"),
                                ("short", pickle.dumps(fitted())[:200], "does not load")]:
        path = folder / f"{name}.pkl"
        path.write_bytes(content)
        yield name, path, text


def _make(folder):
    folder.mkdir()
    return folder


def test_what_does_not_load_is_fatal_3(start, tmp_path):
    cases = [(name, text, start(path, ready=False)) for name, path, text in unloadable(tmp_path)]
    cases.append(("unset", "expected ORCHESTRATOR_ARTEFACT", start("", ready=False)))
    for name, text, container in cases:
        assert container.wait_exit() == 3, name
        fatal = [line for line in container.log.splitlines() if line.startswith("FATAL: ")]
        assert len(fatal) == 1 and text in fatal[0] and "expected" in fatal[0], (name, container.log)


@pytest.mark.parametrize("options", [{"method": "predict_proba"}, {"method": "fly"}, {"columns": {"x": "FP64", "y": 1}}, {"speed": "high"}])
def test_wrong_option_is_fatal_2(start, options):
    container = start(fitted(), ready=False, **options)
    assert container.wait_exit() == 2 and f"FATAL: option" in container.log and "expected" in container.log


def test_modules_beside_the_artefact_are_found_and_nothing_is_written(start, tmp_path, monkeypatch):
    (tmp_path / "own_steps.py").write_text("from sklearn.base import BaseEstimator\nclass Half(BaseEstimator):\n"
                                           "    def fit(self, X, y=None):\n        self.fitted_ = True\n        return self\n"
                                           "    def predict(self, X):\n        return X[:, 0] / 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    import own_steps
    joblib.dump(own_steps.Half().fit(X), tmp_path / "m.joblib")
    before = sorted(p.name for p in tmp_path.iterdir())
    reply = start(tmp_path, environment={"PYTHONDONTWRITEBYTECODE": ""}).infer({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 1], "data": [3]}]})
    assert reply.json["outputs"][0]["data"] == [1.5]
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_find_takes_a_file_of_any_name(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"")
    assert artefact.find(str(path)) == str(path)
    with pytest.raises(LoadError):
        artefact.find(None)
