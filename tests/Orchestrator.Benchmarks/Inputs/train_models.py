"""Trains the models of the benchmarks: load_digits scaled up to 28x28 = 784 FP32 (the size of Clipper's own measurements), and a forest of 300 trees on 8x8.

    /usr/bin/python3 tests/Orchestrator.Benchmarks/Inputs/train_models.py FOLDER

Writes linear-svm.joblib (binary: 5 and more, or less), logistic.joblib (ten classes), kernel-svm.joblib (ten classes), forest-300.joblib, and rows-784.f32: all
1,797 pictures, row after row, little-endian.
"""

import pathlib
import sys
import warnings

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, LinearSVC

TRAIN = 1437


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")  # that 200 iterations did not converge is no matter here
    digits = load_digits()
    # Four times as large in each direction, cut to the middle 28x28 as MNIST has them.
    rows = np.array([np.kron(image, np.ones((4, 4)))[2:30, 2:30].ravel() for image in digits.images], dtype="<f4") / 16
    rows.astype("<f4").tofile(folder / "rows-784.f32")
    models = {
        "linear-svm": (LinearSVC(random_state=0), rows, (digits.target >= 5).astype(int)),
        "logistic": (LogisticRegression(max_iter=200), rows, digits.target),
        "kernel-svm": (SVC(), rows, digits.target),
        "forest-300": (RandomForestClassifier(n_estimators=300, random_state=0), digits.data, digits.target),
    }
    for name, (model, inputs, labels) in models.items():
        model.fit(inputs[:TRAIN], labels[:TRAIN])
        joblib.dump(model, folder / f"{name}.joblib", compress=3)
        print(name, f"{model.score(inputs[TRAIN:], labels[TRAIN:]):.1%} of the held-out digits")


if __name__ == "__main__":
    main()
