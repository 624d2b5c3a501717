"""Trains the digits models and writes models/: the artefacts and held-out.json with each model's answers by its own framework.

    /usr/bin/python3 samples/digits/train.py

Same scikit-learn, same files: every split and every start value is fixed.
"""

import json
import pathlib

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from data import HELD_OUT, split
from onnx_export import export_mlp, run_mlp
from train_forest import train_forest

MODELS = pathlib.Path(__file__).parent / "models"
TREES = 100


def train_logistic(images, labels):
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(images, labels)


def train_kernel_svm(images, labels):
    return make_pipeline(StandardScaler(), SVC(gamma="scale", C=10)).fit(images, labels)


def train_mlp(images, labels):
    # Pixels are 0 to 16; the division is folded into the first layer, so that the network takes the same pixels as the others.
    mlp = MLPClassifier(hidden_layer_sizes=(64,), max_iter=400, random_state=0).fit(images / 16, labels)
    weights = [w.astype(np.float32) for w in mlp.coefs_]
    weights[0] /= np.float32(16)
    return weights, [b.astype(np.float32) for b in mlp.intercepts_]


def fold_scaling(pipeline):
    """The logistic regression on unscaled pixels: (x - mean) / scale belongs into weights and bias."""
    scaler, logistic = pipeline[0], pipeline[-1]
    weights = logistic.coef_ / scaler.scale_
    return {"weights": weights.tolist(), "bias": (logistic.intercept_ - weights @ scaler.mean_).tolist(), "classes": logistic.classes_.tolist()}


def run_softmax(model, images):
    scores = images @ np.array(model["weights"]).T + np.array(model["bias"])
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores.argmax(axis=1), exponents / exponents.sum(axis=1, keepdims=True)


def round_all(probabilities):
    return [[round(float(p), 6) for p in row] for row in probabilities]


def main():
    train_images, test_images, train_labels, test_labels = split()
    MODELS.mkdir(exist_ok=True)
    expected = {}
    for name, train in (("digits-v1", train_logistic), ("digits-v2", train_kernel_svm), ("digits-forest", lambda x, y: train_forest(x, y, TREES))):
        model = train(train_images, train_labels)
        joblib.dump(model, MODELS / f"{name}.joblib", compress=3)
        expected[name] = {"predict": model.predict(test_images).tolist()}
        if name == "digits-v1":
            expected[name]["predict_proba"] = round_all(model.predict_proba(test_images))
            softmax = fold_scaling(model)

    (MODELS / "digits-dotnet.json").write_text(json.dumps(softmax))
    labels, probabilities = run_softmax(softmax, test_images)
    expected["digits-dotnet"] = {"label": labels.tolist(), "probabilities": round_all(probabilities)}

    weights, biases = train_mlp(train_images, train_labels)
    export_mlp(weights, biases, MODELS / "digits.onnx")
    labels, probabilities = run_mlp(weights, biases, test_images)
    expected["digits-onnx"] = {"label": labels.tolist(), "probabilities": round_all(probabilities)}

    for name, outputs in expected.items():
        answers = outputs.get("predict", outputs.get("label"))
        print(f"{name}: {np.mean(np.array(answers) == test_labels):.1%} of {HELD_OUT} held-out digits")
    held_out = {"images": test_images.astype(int).tolist(), "labels": test_labels.tolist(), "expected": expected}
    (MODELS / "held-out.json").write_text(json.dumps(held_out, separators=(",", ":")))


if __name__ == "__main__":
    main()
