"""What an author may raise, and what the server answers with."""


class RequestError(Exception):
    """The request is refused; the text goes to the caller, so it says which input is wrong and what was expected."""

    def __init__(self, text, status=400, busy=False):
        super().__init__(text)
        self.status = status
        self.busy = busy


class LoadError(Exception):
    """The model cannot be loaded: what happened, what was expected, what to do. Exit code 3."""


class OptionError(Exception):
    """A variable or an option is wrong. Exit code 2."""


class RowErrors(Exception):
    """Single rows of a batch failed; raise it or return it from the batch function.

    errors:  {row index: text}
    outputs: {output name: array}, either with a row for every row of the batch (what stands at a failed row is replaced by
             a placeholder), or with rows only for those that did not fail, in order. May be left out if every row failed.
    invalid: those of the failed rows whose input is at fault, not the model: their callers are told so (400 instead of 500).
    """

    def __init__(self, errors, outputs=None, invalid=()):
        super().__init__(f"{len(errors)} rows failed")
        self.errors = errors
        self.outputs = outputs
        self.invalid = invalid


def describe(error):
    """An exception's type and message on one line: the text of a 500, of a row's error and of a FATAL line."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
