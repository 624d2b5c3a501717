"""Finding the rows that make a batch fail."""

import numpy as np
import pytest

from orchestrator_container import RequestError, RowErrors
from orchestrator_sklearn import rows


class Estimator:
    def __init__(self, kind=ValueError):
        self.calls = []
        self.kind = kind

    def __call__(self, batch):
        self.calls.append(len(batch))
        if (batch < 0).any():
            raise self.kind(f"negative: {batch[batch < 0][0]}")
        return {"y": batch * 2}


def compute(values, remaining=lambda: None, kind=ValueError, trust=None):
    estimator = Estimator(kind)
    return estimator, lambda: rows.compute(estimator, np.array(values), len(values), remaining, trust or rows.Trust())


def test_good_batch_is_called_once():
    estimator, run = compute([1, 2, 3])
    assert run()["y"].tolist() == [2, 4, 6] and estimator.calls == [3]


def test_bad_rows_are_found_and_good_ones_answered():
    estimator, run = compute([1, -2, 3, 4, 5, 6, 7, -8, 9])
    with pytest.raises(RowErrors) as error:
        run()
    assert error.value.errors == {1: "ValueError: negative: -2", 7: "ValueError: negative: -8"}
    assert error.value.outputs["y"].tolist() == [2, 6, 8, 10, 12, 14, 18]
    assert error.value.invalid == [1, 7]


def test_one_bad_row_costs_few_calls():
    estimator, run = compute([1] * 63 + [-1])
    with pytest.raises(RowErrors):
        run()
    assert len(estimator.calls) == 1 + 2 * 6


@pytest.mark.parametrize("values", [[-1], [-1, -2, -3]])
def test_batch_of_bad_rows_fails_as_a_whole(values):
    with pytest.raises(ValueError, match="negative: -1"):
        compute(values)[1]()


@pytest.mark.parametrize("values", [[-1], [-1, -2, -3]])
def test_batch_of_bad_rows_is_refused_by_a_model_that_has_answered(values):
    with pytest.raises(RequestError, match="ValueError: negative: -1") as error:
        compute(values, trust=rows.Trust(answered=True))[1]()
    assert error.value.status == 400


def test_first_answer_is_what_makes_a_refusal_the_inputs_fault():
    trust = rows.Trust()
    compute([1], trust=trust)[1]()
    with pytest.raises(RequestError):
        compute([-1], trust=trust)[1]()


def test_other_exceptions_stay_the_models_fault():
    with pytest.raises(RuntimeError):
        compute([-1], kind=RuntimeError, trust=rows.Trust(answered=True))[1]()
    with pytest.raises(RowErrors) as error:
        compute([-1, 1], kind=RuntimeError)[1]()
    assert error.value.errors == {0: "RuntimeError: negative: -1"} and error.value.invalid == []


def test_search_ends_at_the_deadline():
    budget = iter([1, 1, 0, 0, 0, 0])
    _, run = compute([1, 2, -3, 4], lambda: next(budget))
    with pytest.raises(RowErrors) as error:
        run()
    assert set(error.value.errors) == {2, 3} and "deadline passed" in error.value.errors[3] and error.value.invalid == []
