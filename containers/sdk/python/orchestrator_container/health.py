"""python3 -m orchestrator_container.health: exit code 0 if the container of this environment is live. For a HEALTHCHECK."""

import http.client
import socket
import sys

from .settings import Settings

TIMEOUT_SECONDS = 2


def is_live(settings):
    # Not urllib, which would ask a proxy named in the environment.
    connection = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=TIMEOUT_SECONDS)
    try:
        if settings.socket:
            connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.sock.settimeout(TIMEOUT_SECONDS)
            connection.sock.connect(settings.socket)
        connection.request("GET", "/v2/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_live(Settings.from_environment()) else 1)
