#!/usr/bin/env bash
# Measures, and rewrites docs/performance.md: builds in Release, starts a real orchestrator with real containers, and the servers it is compared with; ends
# everything it started. Each NAME rewrites its own section only, so a long run can be done in parts.
#   bash tests/bench.sh [NAME...] [--rounds N] [--seconds S] [--connections N] [--report FILE] [--variant NAME]
#   bash tests/bench.sh --soak [--minutes N]   half an hour of load: memory flat, none unanswered
# The suite docker starts the tests' own Docker engine (docker-engine.sh), which needs dockerd and root; without them it is left out, and said so.
# With fewer or shorter rounds than usual, or one variant only, the report goes to artifacts/benchmarks/try.md instead. Exits with 3 when a target is missed.
source "$(dirname "${BASH_SOURCE[0]}")/../deploy/lib.sh"

need_dotnet
need_programs "python3 python3 the-containers" "setpriv util-linux ends-what-it-starts" "setsid util-linux ends-what-it-starts" "redis-server redis-server features-and-redis"
need_python "sklearn python3-sklearn the-models" "uvicorn uvicorn HTTP" "httptools python3-httptools HTTP" "uvloop python3-uvloop HTTP" \
  "fastapi python3-fastapi a-peer" "flask python3-flask a-peer" "gunicorn gunicorn a-peer"
install_missing
for project in src/Orchestrator.Host tests/Orchestrator.Benchmarks containers/noop; do compile "$project"; done
end_steps

program=(dotnet artifacts/bin/Orchestrator.Benchmarks/release/Orchestrator.Benchmarks.dll)
names=() options=()
while [ $# -gt 0 ]; do
  case $1 in
    --soak) names+=(soak); shift ;;
    --*) options+=("$1" "${2:-}"); shift $(($# > 1 ? 2 : 1)) ;;
    *) names+=("$1"); shift ;;
  esac
done
[ ${#names[@]} -gt 0 ] || mapfile -t names < <("${program[@]}" list)

# Why the suite docker cannot be run here; nothing: it can.
without_docker() {
  command -v dockerd >/dev/null 2>&1 || { echo "no Docker engine is installed; install one (Debian: apt-get install docker.io), then: bash tests/bench.sh docker"; return; }
  [ "$(id -u)" = 0 ] || echo "it starts an engine of its own, which needs root; run as root: bash tests/bench.sh docker"
}

# One process for each, so that none runs in code that another has warmed or spoilt.
result=0
for name in "${names[@]}"; do
  if [ "$name" = docker ]; then
    left_out=$(without_docker)
    if [ -n "$left_out" ]; then say "the suite docker is left out: $left_out"; continue; fi
    trap 'bash tests/docker-engine.sh stop' EXIT
    ORCHESTRATOR_TEST_DOCKER_SOCKET=$(bash tests/docker-engine.sh start) || exit 1
    export ORCHESTRATOR_TEST_DOCKER_SOCKET
    DOCKER_HOST=unix://$ORCHESTRATOR_TEST_DOCKER_SOCKET bash deploy/images.sh noop sklearn || exit 1
  fi
  # The generator answers on the thread that polls its sockets: less of its own work on cores that it shares with what it measures. Where the data plane itself
  # runs in this process, this is how the orchestrator runs it.
  DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1 "${program[@]}" --root "$ROOT" "$name" "${options[@]}" || { code=$?; [ $code = 3 ] || exit $code; result=3; }
  if [ "$name" = docker ]; then bash tests/docker-engine.sh stop; trap - EXIT; fi
done
exit $result
