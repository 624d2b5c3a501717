"""Trains a random forest on the digits: a slower model, for benchmarks. train.py keeps one of 100 trees; this makes others.

    /usr/bin/python3 samples/digits/train_forest.py --trees 100 --out FILE
"""

import argparse

import joblib
from sklearn.ensemble import RandomForestClassifier

from data import split


def train_forest(images, labels, trees):
    return RandomForestClassifier(n_estimators=trees, random_state=0).fit(images, labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    train_images, test_images, train_labels, test_labels = split()
    forest = train_forest(train_images, train_labels, arguments.trees)
    joblib.dump(forest, arguments.out, compress=3)
    print(f"{arguments.trees} trees, {forest.score(test_images, test_labels):.1%} of the held-out digits: {arguments.out}")


if __name__ == "__main__":
    main()
