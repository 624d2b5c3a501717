# Sourced, after lib.sh, by the scripts that need a Docker engine: picks the client, takes the engine from DOCKER_HOST. Sets DOCKER.
export DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-0} # the classic builder is everywhere; buildx is not

# A client newer than its engine may refuse to talk to it, so the first one that can is taken.
find_docker() {
  local candidate words='no docker client on PATH'
  for candidate in ${DOCKER:-$(type -aP docker | sort -u)}; do
    if words=$("$candidate" version --format '{{.Server.Version}}' 2>&1); then
      DOCKER=$candidate
      return 0
    fi
  done
  fail "no Docker engine answers (DOCKER_HOST=${DOCKER_HOST:-unset, so unix:///var/run/docker.sock}): $words"
}

has_image() { "$DOCKER" image inspect "$1" >/dev/null 2>&1; }
