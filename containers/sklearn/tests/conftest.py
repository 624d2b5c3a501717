import contextlib
import pathlib
import sys

import joblib
import pytest

FOLDER = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "sdk" / "python")]

from orchestrator_container.testing import ContainerProcess  # noqa: E402


@pytest.fixture
def start(tmp_path):
    """start(estimator or path, method=..., columns=...): a running sklearn container."""
    with contextlib.ExitStack() as stack:
        def begin(artefact, ready=True, environment=None, **options):
            if not isinstance(artefact, (str, pathlib.Path)):
                estimator, artefact = artefact, tmp_path / "model.joblib"
                joblib.dump(estimator, artefact)
            variables = {"ORCHESTRATOR_ARTEFACT": str(artefact), **(environment or {})}
            container = stack.enter_context(ContainerProcess(FOLDER / "main.py", variables, options))
            return container.wait_ready() if ready else container
        yield begin
