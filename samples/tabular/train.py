"""Trains a classifier on a small made table with numbers and text, and writes models/: tabular.joblib and held-out.json.

    /usr/bin/python3 samples/tabular/train.py
"""

import json
import pathlib

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MODELS = pathlib.Path(__file__).parent / "models"
ROWS, HELD_OUT = 600, 100
CITIES = ["Berlin", "Lisbon", "Oslo", "Zürich"]


def make_table():
    """Who takes a night train: younger people on short incomes, more often in some cities, with noise."""
    random = np.random.default_rng(0)
    table = pd.DataFrame({
        "age": random.integers(18, 80, ROWS).astype(float),
        "income": np.round(random.lognormal(10.4, 0.4, ROWS)),
        "city": random.choice(CITIES, ROWS),
        "ticket": random.choice(["single", "return", "pass"], ROWS),
    })
    score = (45 - table["age"]) / 15 + (35000 - table["income"]) / 20000 + table["city"].map(dict(zip(CITIES, (0.8, -0.5, 0.2, 0.4))))
    score += random.normal(0, 0.7, ROWS)
    labels = np.select([score > 0.6, score > -0.6], ["often", "sometimes"], "never")
    return table, labels


def main():
    table, labels = make_table()
    # An unknown city is refused, row by row: the sample that shows per-row errors.
    columns = ColumnTransformer([("numbers", StandardScaler(), ["age", "income"]), ("texts", OneHotEncoder(), ["city", "ticket"])])
    model = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(table[HELD_OUT:], labels[HELD_OUT:])
    held_out = table[:HELD_OUT]
    MODELS.mkdir(exist_ok=True)
    joblib.dump(model, MODELS / "tabular.joblib", compress=3)
    print(f"tabular: {model.score(held_out, labels[:HELD_OUT]):.1%} of {HELD_OUT} held-out rows")
    (MODELS / "held-out.json").write_text(json.dumps({
        "rows": held_out.to_dict("list"),
        "labels": labels[:HELD_OUT].tolist(),
        "expected": {"tabular": {"predict": model.predict(held_out).tolist()}},
    }, ensure_ascii=False))


if __name__ == "__main__":
    main()
