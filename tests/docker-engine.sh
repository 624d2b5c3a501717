#!/usr/bin/env bash
# A Docker engine for the tests alone: a socket, a data folder, a containerd and a bridge of its own, so that no other engine of this machine is touched.
#   bash tests/docker-engine.sh start    starts it unless it runs; prints the path of its socket
#   bash tests/docker-engine.sh halt     ends the engine only: with live-restore its containers go on, as the tests want to see
#   bash tests/docker-engine.sh stop     ends its containers and networks, then the engine; images stay for the next run
#   bash tests/docker-engine.sh socket   prints the path of its socket
# Variables: ORCHESTRATOR_TEST_DOCKER, the data folder (kept between runs, so that images are built once); ORCHESTRATOR_TEST_DOCKER_SUBNET, the first two numbers of its
# addresses (by default the first pair from 10.213 on that this machine does not use); ORCHESTRATOR_TEST_DOCKER_LIVE_RESTORE=no starts it as Docker's own default is: its
# containers end with it.
source "$(dirname "${BASH_SOURCE[0]}")/../deploy/lib.sh"
exec 3>&1 1>&2

DATA=${ORCHESTRATOR_TEST_DOCKER:-/var/lib/orchestrator-tests/docker}
ID=$(printf %s "$DATA" | sha256sum | cut -c1-6)
RUNS=/run/orchestrator-tests
RUN=$RUNS/$ID
SOCKET=$RUN/docker.sock
BRIDGE_OF=orchtest-
BRIDGE=$BRIDGE_OF$ID
LOG=$RUN/engine.log
# Debian's client: another one on PATH may refuse an engine of this age.
client() { DOCKER_HOST=unix://$SOCKET "$([ -x /usr/bin/docker ] && echo /usr/bin/docker || echo docker)" "$@"; }

# The engine of a run folder, ours unless another is named.
engine_pid() {
  local pid
  pid=$(cat "${1:-$RUN}/engine.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && [ -e "/proc/$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q -- "--exec-root ${1:-$RUN}/exec " && echo "$pid"
}

answers() { client version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# An engine of these tests that was killed leaves its bridge, and with it a second route to the same addresses: nothing on ours would answer.
remove_dead_bridges() {
  local bridge
  for bridge in $(ip -o link show type bridge | awk -F': ' '{print $2}' | grep "^$BRIDGE_OF" || true); do
    [ "$bridge" = "$BRIDGE" ] || engine_pid "$RUNS/${bridge#"$BRIDGE_OF"}" >/dev/null || ip link delete "$bridge" 2>/dev/null || true
  done
}

# The first two numbers of our addresses: those that the bridge has, else the first pair that no route and no address of this machine has.
subnet() {
  local given=${ORCHESTRATOR_TEST_DOCKER_SUBNET:-} used i
  used=$(ip -4 -o addr show dev "$BRIDGE" 2>/dev/null | awk '{print $4}' | cut -d. -f1,2 | head -n 1)
  if [ -n "${used:-$given}" ]; then echo "${used:-$given}"; return; fi
  used=$(ip -4 route show table all; ip -4 -o addr)
  for ((i = 213; i < 256; i++)); do
    grep -qF " 10.$i." <<<" $used" || { echo "10.$i"; return; }
  done
  fail "every 10.213 to 10.255 is in use on this machine; say which two numbers the tests may use: ORCHESTRATOR_TEST_DOCKER_SUBNET=10.99"
}

make_bridge() {
  # The engine remembers the addresses of its networks: with a new bridge they may be others.
  ip link show "$BRIDGE" >/dev/null 2>&1 || { rm -f "$DATA"/network/files/*.db; ip link add "$BRIDGE" type bridge; }
  ip addr show dev "$BRIDGE" | grep -q "$SUBNET.0.1/" || ip addr add "$SUBNET.0.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
}

# Where another engine has made the machine drop what it forwards, containers on one of our networks would not reach each other either: one rule, for our own
# addresses alone, gone with the engine.
let_through() {
  RULE=(FORWARD -s "$SUBNET.128.0/17" -d "$SUBNET.128.0/17" -j ACCEPT)
  command -v iptables >/dev/null 2>&1 && iptables -S FORWARD 2>/dev/null | grep -q '^-P FORWARD DROP' || return 0
  iptables -C "${RULE[@]}" 2>/dev/null || iptables -I "${RULE[@]}"
}

let_through_no_more() {
  RULE=(FORWARD -s "$SUBNET.128.0/17" -d "$SUBNET.128.0/17" -j ACCEPT)
  if command -v iptables >/dev/null 2>&1; then iptables -D "${RULE[@]}" 2>/dev/null || true; fi
}

start() {
  need_programs "dockerd docker.io the-Docker-tests" "ip iproute2 the-test-engine's-bridge"
  install_missing
  [ "$(id -u)" = 0 ] || fail "the Docker tests start an engine of their own, which needs root; run as root, or leave them out: tests/run.sh --no-docker"
  mkdir -p "$DATA" "$RUN"
  remove_dead_bridges
  SUBNET=$(subnet)
  let_through
  local live_restore=(--live-restore)
  [ "${ORCHESTRATOR_TEST_DOCKER_LIVE_RESTORE:-yes}" = yes ] || live_restore=()
  if ! engine_pid >/dev/null; then
    make_bridge
    rm -f "$RUN/engine.pid" "$SOCKET"
    # The engine touches no rule of this machine's firewall: tests need neither the way out nor published ports beyond loopback.
    # What a test run is known by must not be in the engine's environment: it would be taken for a leftover.
    env -u ORCHESTRATOR_TEST_RUN setsid dockerd --host "unix://$SOCKET" --data-root "$DATA" --exec-root "$RUN/exec" --pidfile "$RUN/engine.pid" \
      "${live_restore[@]}" --bridge "$BRIDGE" --iptables=false --ip-forward=false --ip-masq=false --default-address-pool "base=$SUBNET.128.0/17,size=24" \
      --shutdown-timeout 3 </dev/null >"$LOG" 2>&1 3>&- &
  fi
  local i
  for ((i = 0; i < 300; i++)); do
    ! answers || return 0
    sleep 0.2
    [ "$i" -lt 15 ] || engine_pid >/dev/null || break
  done
  tail -n 20 "$LOG" || true
  fail "the engine for the tests does not start; its log is $LOG"
}

# Ends a process and waits until it is gone; kills it after 30 s.
end() {
  local pid=$1 i
  kill "$pid" 2>/dev/null || return 0
  for ((i = 0; i < 300; i++)); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
}

halt() {
  local pid
  if pid=$(engine_pid); then end "$pid"; fi
}

stop() {
  # An engine that was halted holds containers that only it can end.
  if ! answers && [ -d "$RUN/exec" ]; then start; fi
  if answers; then
    client ps -aq | xargs -r -n 20 env DOCKER_HOST="unix://$SOCKET" "$([ -x /usr/bin/docker ] && echo /usr/bin/docker || echo docker)" rm -f -v >/dev/null || true
    client network prune -f >/dev/null || true
    client volume prune -f >/dev/null || true
  fi
  halt
  # Without a bridge there is no rule of ours either.
  if ip link show "$BRIDGE" >/dev/null 2>&1; then
    SUBNET=$(subnet)
    let_through_no_more
    ip link delete "$BRIDGE" 2>/dev/null || true
  fi
  # The engine leaves its network namespace mounted.
  umount "$RUN"/exec/netns/* 2>/dev/null || true
  rm -rf "$RUN/exec" "$SOCKET" || say "left behind: $RUN/exec"
}

case ${1:-} in
  start) start; echo "$SOCKET" >&3 ;;
  halt) halt ;;
  stop) stop ;;
  socket) echo "$SOCKET" >&3 ;;
  *) fail "expected start, halt, stop or socket, got '${1:-}'" ;;
esac
