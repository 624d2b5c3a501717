"""The digits that ship inside scikit-learn, with one fixed split."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HELD_OUT = 360


def split():
    """train images, held-out images, train labels, held-out labels."""
    images, labels = load_digits(return_X_y=True)
    return train_test_split(images, labels, test_size=HELD_OUT, random_state=0, stratify=labels)
