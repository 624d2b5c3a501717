"""Finds the rows that make a batch fail."""

from orchestrator_container import RowErrors, describe


def compute(function, batch, rows, remaining):
    """function(batch), or, if that fails, the outputs of the rows that do not: they go out as RowErrors.

    The batch is halved until the bad rows stand alone: few bad rows cost few calls, and good rows are still computed together.
    remaining() bounds it: rows not tried by then get an error too. If every row fails, the fault is the batch's: its own exception.
    """
    try:
        return function(batch)
    except MemoryError:
        raise
    except Exception:
        if rows == 1:
            raise
        parts, errors = [], {}
        _halve(function, batch, 0, rows, remaining, parts, errors)
        if len(errors) == rows:
            raise
    raise RowErrors(errors, _join(parts))


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
                errors[low] = describe(error)
            else:
                _halve(function, batch, low, high, remaining, parts, errors)


def _join(parts):
    import numpy as np
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
