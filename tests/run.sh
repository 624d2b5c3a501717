#!/usr/bin/env bash
# Every test there is: installs what they need, builds, runs them, and ends with one line `N passed, N failed`. Leaves nothing running.
#   bash tests/run.sh [--no-docker] [NAME...]   only the suites whose name contains one of NAME
# Docker tests run on an engine of their own (docker-engine.sh), which needs root; without --no-docker they fail if it cannot be started.
source "$(dirname "${BASH_SOURCE[0]}")/../deploy/lib.sh"
# Everything that tests start carries this in its environment, so that what is left over at the end can be found.
export ORCHESTRATOR_TEST_RUN="run-$$-$(date +%s)"
started=$(date +%s)
docker=yes only=() without=()
for argument in "$@"; do
  case $argument in
    --no-docker) docker=no without=(-trait- Needs=Docker) ;;
    -*) fail "unknown option '$argument'; expected --no-docker or parts of suites' names" ;;
    *) only+=("$argument") ;;
  esac
done

need_dotnet
need_programs "python3 python3 the-Python-containers" "node nodejs the-ONNX-container" "npm npm installs-ONNX-Runtime" "setpriv util-linux ends-containers-with-their-parent" "curl curl readiness-checks" "pgrep procps finds-leftovers" "redis-server redis-server Redis-tests"
need_python "sklearn python3-sklearn models" "pandas python3-pandas named-columns" "uvicorn uvicorn HTTP" "httptools python3-httptools HTTP" "uvloop python3-uvloop HTTP" \
  "onnx python3-onnx test-models" "pytest python3-pytest Python-tests"
[ "$docker" = no ] || need_programs "dockerd docker.io the-Docker-tests" "busybox busybox-static the-Docker-tests'-smallest-image" "docker-compose docker-compose the-compose-tests"
install_missing
need_onnxruntime
build artifacts/tests.stamp Orchestrator.sln

passed=0 failed=0 skipped=0
results=artifacts/test-results
rm -rf "$results" && mkdir -p "$results"

wanted() {
  [ ${#only[@]} -eq 0 ] && return 0
  local name
  for name in "${only[@]}"; do [[ $1 == *"$name"* ]] && return 0; done
  return 1
}
# count NAME SECONDS PASSED FAILED SKIPPED: adds up and prints one line; a suite that ran no test has failed.
count() {
  local note=''
  if [ $(($3 + $4)) -eq 0 ]; then
    set -- "$1" "$2" 0 1 "$5"
    note='  (ran no test, or ended before its summary)'
  fi
  passed=$((passed + $3)) failed=$((failed + $4)) skipped=$((skipped + $5))
  printf '%-48s %5ds  %6d passed  %d failed%s\n' "$1" "$2" "$3" "$4" "$note"
  if [ "$4" != 0 ]; then
    grep -vE '^\s*$' "$results/$1.log" | tail -n 60 | sed 's/^/    /'
  fi
}

# What the tests started and still runs, one a line: process id and command.
leftovers() {
  for p in /proc/[0-9]*; do
    pid=${p#/proc/}
    [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] || continue
    tr '\0' '\n' 2>/dev/null <"$p/environ" | grep -qx "ORCHESTRATOR_TEST_RUN=$ORCHESTRATOR_TEST_RUN" || continue
    parent=$(awk '/^PPid:/ {print $2}' "$p/status" 2>/dev/null || echo)
    [ "$parent" = "$$" ] || [ "$parent" = "$BASHPID" ] || printf '%s %s\n' "$pid" "$(tr '\0' ' ' 2>/dev/null <"$p/cmdline")"
  done || true
}
end_leftovers() { while read -r pid _; do [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true; done; }

# suite LOG COMMAND...: runs it for 20 minutes at most. A signal to this script ends it at once, and nothing is left to its own end.
suite() {
  local log=$1
  shift
  doing=$(basename "$log" .log)
  in_group logged "$log" timeout -k 10 1200 "$@" || true
  doing=''
}
doing=''
end_suite() { # signal
  trap - EXIT
  trap '' HUP INT TERM PIPE
  say "interrupted${doing:+ in $doing}; $passed passed, $failed failed until then" >&2 || true
  end_groups TERM
  [ "$docker" = no ] || bash tests/docker-engine.sh stop || true
  leftovers | end_leftovers
  exit $((128 + $1))
}
trap 'end_suite 1' HUP
trap 'end_suite 2' INT
trap 'end_suite 15' TERM

build_images() {
  doing="the build of the images"
  local code=0
  DOCKER_HOST=unix://$ORCHESTRATOR_TEST_DOCKER_SOCKET in_group bash deploy/images.sh sklearn onnx dotnet noop || code=$?
  doing=''
  return "$code"
}

field() { sed -E 's/\x1b\[[0-9;]*m//g' "$1" | grep -oE "$2" | tail -n 1 | grep -oE '[0-9]+' | tail -n 1 || true; }

run_dotnet() { # assembly
  local name=$1 log="$results/$1.log" begin=$SECONDS total errors failures left
  wanted "$name" || return 0
  suite "$log" dotnet "artifacts/bin/$name/release/$name.dll" -noColor -noLogo ${without[@]+"${without[@]}"}
  total=$(field "$log" 'Total: [0-9]+') errors=$(field "$log" 'Errors: [0-9]+') failures=$(field "$log" 'Failed: [0-9]+') left=$(field "$log" 'Skipped: [0-9]+')
  failures=$((${failures:-0} + ${errors:-0}))
  count "$name" $((SECONDS - begin)) $((${total:-0} - failures - ${left:-0})) "$failures" "${left:-0}"
}

run_pytest() { # name folder...
  local name=$1 log="$results/$1.log" begin=$SECONDS
  shift
  wanted "$name" || return 0
  suite "$log" /usr/bin/python3 -m pytest -q -p no:cacheprovider "$@"
  local ok bad errors left
  ok=$(field "$log" '[0-9]+ passed') bad=$(field "$log" '[0-9]+ failed') errors=$(field "$log" '[0-9]+ errors?') left=$(field "$log" '[0-9]+ skipped')
  count "$name" $((SECONDS - begin)) "${ok:-0}" $((${bad:-0} + ${errors:-0})) "${left:-0}"
}

run_node() { # name folder
  local name=$1 log="$results/$1.log" begin=$SECONDS ok bad
  wanted "$name" || return 0
  suite "$log" env -C "$2" npm test --silent
  ok=$(field "$log" '^(#|ℹ) pass [0-9]+') bad=$(field "$log" '^(#|ℹ) fail [0-9]+')
  count "$name" $((SECONDS - begin)) "${ok:-0}" "${bad:-0}" 0
}

# An engine that cannot be had is no reason to stop here: its tests then fail, each with the reason.
if [ "$docker" = yes ] && { wanted Orchestrator.Docker.Tests || wanted Orchestrator.EndToEnd.Tests || wanted Orchestrator.Images.Tests; }; then
  trap 'bash tests/docker-engine.sh stop' EXIT
  if ORCHESTRATOR_TEST_DOCKER_SOCKET=$(bash tests/docker-engine.sh start); then
    export ORCHESTRATOR_TEST_DOCKER_SOCKET
    ! wanted Orchestrator.EndToEnd.Tests || build_images || say "the images could not be built; their tests will fail"
  fi
fi

for project in $(git ls-files '*.Tests.csproj' 2>/dev/null || find . -name '*.Tests.csproj' -not -path './artifacts/*' | sort); do
  name=$(basename "$project" .csproj)
  case $name in
    Orchestrator.EndToEnd.Tests) ;;
    Orchestrator.Images.Tests) [ "$docker" = no ] || run_dotnet "$name" ;; # all of it needs Docker
    *) run_dotnet "$name" ;;
  esac
done
run_pytest python-sdk containers/sdk/python/tests
run_pytest sklearn-container containers/sklearn/tests
run_node node-sdk containers/sdk/node
run_node onnx-container containers/onnx
run_dotnet Orchestrator.EndToEnd.Tests

if [ "$docker" = yes ]; then
  bash tests/docker-engine.sh stop
  trap - EXIT
fi

# Nothing may be left running of what the tests started: a test as any other.
end_compilers
left=$(leftovers)
if [ -z "$left" ]; then
  count nothing-left-running 0 1 0 0
else
  printf 'left running by the tests (ended now):\n%s\n' "$left" >"$results/nothing-left-running.log"
  count nothing-left-running 0 0 1 0
  end_leftovers <<<"$left"
fi

say "took $(($(date +%s) - started)) s; logs in $results"
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" -eq 0 ]
