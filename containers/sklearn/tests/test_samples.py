"""The sample models, over the wire, against the answers that scikit-learn itself gave."""

import json
import pathlib

import numpy as np
import pytest

SAMPLES = pathlib.Path(__file__).parents[3] / "samples"
DIGITS = SAMPLES / "digits" / "models"
TABULAR = SAMPLES / "tabular" / "models"


@pytest.mark.parametrize("name", ["digits-v1", "digits-v2", "digits-forest"])
def test_digits_answer_as_offline(start, name):
    held_out = json.loads((DIGITS / "held-out.json").read_text())
    images = np.array(held_out["images"], dtype="<f4")
    header = {"inputs": [{"name": "input", "datatype": "FP32", "shape": list(images.shape), "parameters": {"binary_data_size": images.nbytes}}],
              "parameters": {"binary_data_output": True}}
    container = start(DIGITS / f"{name}.joblib")
    head, data = container.infer_binary(header, images.tobytes()).split()
    assert head["outputs"][0]["datatype"] == "INT64"
    assert np.frombuffer(data, "<i8").tolist() == held_out["expected"][name]["predict"]


def test_digits_probabilities_answer_as_offline(start):
    held_out = json.loads((DIGITS / "held-out.json").read_text())
    container = start(DIGITS / "digits-v1.joblib", method=["predict_proba", "predict"])
    reply = container.infer({"inputs": [{"name": "input", "datatype": "INT64", "shape": [360, 64], "data": held_out["images"]}]})
    proba, predict = reply.json["outputs"]
    assert (proba["name"], proba["shape"], predict["name"]) == ("predict_proba", [360, 10], "predict")
    np.testing.assert_allclose(np.reshape(proba["data"], (360, 10)), held_out["expected"]["digits-v1"]["predict_proba"], atol=1e-6)


def rows_of(table, count, **changes):
    columns = {**{n: v[:count] for n, v in table.items()}, **changes}
    return [{"name": n, "datatype": "BYTES" if isinstance(v[0], str) else "FP64", "shape": [count], "data": v} for n, v in columns.items()]


def test_tabular_answers_as_offline(start):
    held_out = json.loads((TABULAR / "held-out.json").read_text())
    container = start(TABULAR)  # the folder: it holds one joblib file
    assert container.get("/v2/models/model").json["inputs"] == [
        {"name": "age", "datatype": "FP64", "shape": [-1]}, {"name": "income", "datatype": "FP64", "shape": [-1]},
        {"name": "city", "datatype": "BYTES", "shape": [-1]}, {"name": "ticket", "datatype": "BYTES", "shape": [-1]}]
    reply = container.infer({"inputs": rows_of(held_out["rows"], 100)})
    assert reply.json["outputs"] == [{"name": "predict", "datatype": "BYTES", "shape": [100], "data": held_out["expected"]["tabular"]["predict"]}]


def test_tabular_unknown_city_fails_alone(start):
    held_out = json.loads((TABULAR / "held-out.json").read_text())
    container = start(TABULAR / "tabular.joblib")
    cities = held_out["rows"]["city"][:8]
    cities[2] = cities[7] = "Atlantis"
    reply = container.infer({"inputs": rows_of(held_out["rows"], 8, city=cities)}).json
    errors, answers = json.loads(reply["parameters"]["errors"]), reply["outputs"][0]["data"]
    assert reply["parameters"]["invalid_rows"] == "[2,7]"
    assert set(errors) == {"2", "7"} and "Atlantis" in errors["2"] and errors["2"].startswith("ValueError: ")
    assert answers == [a if i not in (2, 7) else "" for i, a in enumerate(held_out["expected"]["tabular"]["predict"][:8])]
    alone = container.infer({"inputs": rows_of(held_out["rows"], 1, city=["Atlantis"])})
    assert alone.status == 400 and "Atlantis" in alone.error
