import dataclasses

from orchestrator_container import Settings
from orchestrator_container.health import is_live


def test_live_container_is_live(start, tmp_path):
    path = str(tmp_path / "s")
    container = start("slow_load", ready=False, SOCKET=path)
    container.get("/v2/health/live")
    settings = Settings(socket=path)
    assert is_live(settings)
    assert not is_live(dataclasses.replace(settings, socket=path + "-none"))
    assert not is_live(Settings(port=1))
