"""Finds the rows that make a batch fail, and whose fault it is."""

from orchestrator_container import RequestError, RowErrors, describe

REFUSALS = (ValueError, LookupError)  # what estimators raise for values that they do not take


class Trust:
    """Whether a refusal is the input's fault: it is once the model has answered anything, its own sample included; before, the model may be broken."""

    def __init__(self, answered=False):
        self.answered = answered

    def blames_input(self, error):
        return self.answered and isinstance(error, REFUSALS)


def compute(function, batch, rows, remaining, trust):
    """function(batch), or, if that fails, the outputs of the rows that do not: they go out as RowErrors.

    The batch is halved until the bad rows stand alone: few bad rows cost few calls, and good rows are still computed together.
    remaining() bounds it: rows not tried by then get an error too. If every row fails, the fault is the batch's: its own exception,
    or a refusal (400) if it is its input's.
    """
    try:
        outputs = function(batch)
        trust.answered = True
        return outputs
    except MemoryError:
        raise
    except Exception as error:
        errors, parts = {0: error}, []
        if rows > 1:
            errors = {}
            _halve(function, batch, 0, rows, remaining, parts, errors)
            trust.answered = trust.answered or bool(parts)
        invalid = [row for row, own in errors.items() if trust.blames_input(own)]
        if len(invalid) == rows:
            raise RequestError(describe(error)) from error
        if len(errors) == rows:
            raise
    raise RowErrors({row: own if isinstance(own, str) else describe(own) for row, own in errors.items()}, _join(parts), invalid)


def _halve(function, batch, start, end, remaining, parts, errors):
    middle = (start + end) // 2
    for low, high in ((start, middle), (middle, end)):
        left = remaining()
        if left is not None and left <= 0:
            errors.update((row, "not computed: another row of the batch failed and the deadline passed") for row in range(low, high))
            continue
        try:
            parts.append(function(batch[low:high]))
        except Exception as error:
            if high - low == 1:
                errors[low] = error
            else:
                _halve(function, batch, low, high, remaining, parts, errors)


def _join(parts):
    import numpy as np
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
