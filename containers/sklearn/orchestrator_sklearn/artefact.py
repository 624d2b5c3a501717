"""Finds and unpickles the artefact, and says what went wrong with versions in it."""

import bz2
import gzip
import lzma
import os
import re
import sys
import warnings
import zlib

import joblib
import sklearn

from orchestrator_container import LoadError, describe

SUFFIXES = (".pkl", ".pickle", ".joblib")
_SCAN_BYTES = 256 * 1024 * 1024
# `_sklearn_version`, perhaps a memo opcode, then the version as a string of pickle protocol 4, 2 and 3, or 0.
_VERSION = re.compile(rb"_sklearn_version(?:\x94|q.|r.{4}|\np\d+\n)?(?:\x8c(.)|X(.)\0\0\0|V)(\d+\.[0-9A-Za-z.+]{1,40})", re.DOTALL)
_WARNING = re.compile(r"Trying to unpickle estimator (\S+) from version (\S+) when using version")


def find(path):
    if not path:
        raise LoadError("no artefact is given, expected ORCHESTRATOR_ARTEFACT to name a pickled estimator: set it")
    if os.path.isfile(path):
        return path
    if not os.path.isdir(path):
        raise LoadError(f"the artefact {path} does not exist, expected a file or a folder with one {', '.join(SUFFIXES)}: check the path")
    found = sorted(name for name in os.listdir(path) if name.lower().endswith(SUFFIXES))
    if len(found) != 1:
        listing = ", ".join(found) or "none"
        raise LoadError(f"the folder {path} holds {listing}, expected exactly one {', '.join(SUFFIXES)}: name the file or remove the others")
    if path not in sys.path:
        sys.path.append(path)  # modules of the model's own transformers may stand beside it,
        sys.dont_write_bytecode = True  # and no __pycache__ may be written there
    return os.path.join(path, found[0])


def load(path):
    """(estimator, warnings). joblib reads its own format and plain pickles alike."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator = joblib.load(path)
        except MemoryError:
            raise LoadError(f"memory ran out while {path} was read, expected room for the model: give the container more") from None
        except Exception as error:
            raise LoadError(_explain(path, error)) from error
    return estimator, _summarise(caught, estimator)


def _explain(path, error):
    saved = scan_versions(path)
    if saved and sklearn.__version__ not in saved:
        made = " and ".join(sorted(saved))
        return (f"{path} does not load ({describe(error)}): it was saved with scikit-learn {made}, expected {sklearn.__version__}, which runs "
                f"here: install scikit-learn {made} for this container or train and save the model again with {sklearn.__version__}")
    if isinstance(error, ImportError):
        return (f"{path} does not load ({describe(error)}), expected every module that it was saved with: install the missing one for "
                f"{sys.executable} or put it beside the artefact in a folder")
    found = f", saved with scikit-learn {' and '.join(sorted(saved))}" if saved else ""
    return (f"{path}{found} does not load ({describe(error)}), expected an estimator saved by pickle or joblib with scikit-learn "
            f"{sklearn.__version__}: save it again")


def _summarise(caught, estimator):
    versions, estimators = set(), []
    for warning in caught:
        match = _WARNING.search(str(warning.message))
        if match:
            versions.add(match[2])
            estimators.append(match[1])
    # A pickle from scikit-learn above 1.2 could also say it by an attribute alone.
    own = getattr(estimator, "__sklearn_version__", None) or getattr(estimator, "_sklearn_version", None)
    if isinstance(own, str) and own != sklearn.__version__:
        versions.add(own)
    if not versions:
        return []
    of = f" ({', '.join(dict.fromkeys(estimators))})" if estimators else ""
    made = " and ".join(sorted(versions))
    return [f"saved with scikit-learn {made}, served with {sklearn.__version__}{of}: answers may differ; "
            f"install scikit-learn {made} or save the model again"]


def scan_versions(path):
    """The scikit-learn versions named in a pickle, read without unpickling it."""
    try:
        with open(path, "rb") as file:
            data = _decompress(file.read(_SCAN_BYTES))
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return set()
    # What follows a counted string may look like a part of it, so its length decides.
    return {text[:ord(length)].decode("ascii") if (length := short or long) else text.decode("ascii") for short, long, text in _VERSION.findall(data)}


def _decompress(data):
    for magic, decompress in ((b"\x1f\x8b", gzip.decompress), (b"x", zlib.decompress), (b"BZ", bz2.decompress),
                              (b"\xfd7zXZ", lzma.decompress), (b"]\0", lzma.decompress)):
        if data.startswith(magic):
            return decompress(data)
    return data
