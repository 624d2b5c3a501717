import pytest

from orchestrator_container import OptionError, Settings, Signature, Tensor, threads


def test_defaults_are_those_of_the_contract():
    settings = Settings.from_environment({})
    assert (settings.model, settings.version, settings.artefact, settings.host, settings.port, settings.socket) == ("model", "1", None, "127.0.0.1", 8080, None)
    assert (settings.concurrency, settings.threads, settings.max_batch_bytes, settings.drain_seconds, settings.options) == (1, 1, 8388608, 10, {})
    assert settings.body_limit == 2 * 8388608 + 1048576


def test_all_mistakes_are_told_at_once():
    with pytest.raises(OptionError) as error:
        Settings.from_environment({"ORCHESTRATOR_PORT": "x", "ORCHESTRATOR_THREADS": "0", "ORCHESTRATOR_OPTIONS": "[" * 100000})
    assert all(f"ORCHESTRATOR_{name}" in str(error.value) for name in ("PORT", "THREADS", "OPTIONS"))


def test_empty_variable_is_unset():
    assert Settings.from_environment({"ORCHESTRATOR_PORT": "", "ORCHESTRATOR_SOCKET": ""}).socket is None


@pytest.mark.parametrize("given, expected", [("3", "3"), (None, "1"), ("x", None)])
def test_threads_reach_the_libraries(given, expected):
    environment = {} if given is None else {"ORCHESTRATOR_THREADS": given}
    threads.set_environment(environment)
    assert environment.get("OMP_NUM_THREADS") == environment.get("OPENBLAS_NUM_THREADS") == expected


@pytest.mark.parametrize("make", [
    lambda: Tensor("", "FP32", (-1,)), lambda: Tensor("x", "FLOAT", (-1,)), lambda: Tensor("x", "FP32", ()), lambda: Tensor("x", "FP32", (-2,)),
    lambda: Signature([], [Tensor("y", "FP32", (-1,))]), lambda: Signature([Tensor("x", "FP32", (-1,))] * 2, [Tensor("y", "FP32", (-1,))]),
    lambda: Signature([Tensor("x", "FP32", (-1,))], [Tensor("y", "FP32", (-1,))], optional=["z"])])
def test_wrong_signature_is_refused(make):
    with pytest.raises(ValueError):
        make()
