import contextlib
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from orchestrator_container.testing import ContainerProcess  # noqa: E402

MODEL = pathlib.Path(__file__).parent / "model.py"


@pytest.fixture
def start():
    """start(case, VARIABLE=value, ...): a container of model.py, ended with the test."""
    with contextlib.ExitStack() as stack:
        def begin(case="add", ready=True, **environment):
            variables = {f"ORCHESTRATOR_{name}": str(value) for name, value in environment.items()}
            container = stack.enter_context(ContainerProcess(MODEL, variables, {"case": case}))
            return container.wait_ready() if ready else container
        yield begin


@pytest.fixture(scope="session")
def adding():
    """One container that adds, shared by the tests that leave no trace in it."""
    with ContainerProcess(MODEL, {}, {"case": "add"}) as container:
        yield container.wait_ready()


@pytest.fixture(scope="session")
def echoing():
    with ContainerProcess(MODEL, {}, {"case": "echo"}) as container:
        yield container.wait_ready()
