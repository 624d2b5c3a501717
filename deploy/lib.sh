# Sourced by deploy/quickstart.sh and tests/run.sh: says and installs what is missing, builds what changed. Needs bash; sets ROOT.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then BOLD=$'\e[1m' RED=$'\e[31m' RESET=$'\e[0m'; else BOLD='' RED='' RESET=''; fi
say() { printf '%s==>%s %s\n' "$BOLD" "$RESET" "$*"; }
fail() { printf '%serror:%s %s\n' "$RED" "$RESET" "$*" >&2; exit 1; }

# in_group COMMAND...: runs it in a process group of its own and waits for it. A signal is acted upon at once so, not when the command has ended, and reaches all
# that the command started. With job control, for without it what runs in the background ignores Ctrl-C, and so would all that it starts.
in_group() {
  set -m
  "$@" </dev/null &
  set +m
  wait "$!"
}
# logged LOG COMMAND...: for in_group, whose own output must stay where it is: what a trap says goes there.
logged() {
  local log=$1
  shift
  exec "$@" >"$log" 2>&1
}
# end_groups SIGNAL...: ends what in_group runs, asking first with each of the signals. Disowned, so that bash does not tell of each how it ended.
end_groups() {
  local group signal
  for group in $(jobs -pr); do
    disown "$group"
    for signal in "$@"; do
      kill "-$signal" -- "-$group" 2>/dev/null || true
      for _ in $(seq 50); do kill -0 "$group" 2>/dev/null || break 2; sleep 0.1; done
    done
    kill -KILL -- "-$group" 2>/dev/null || true
  done
}

# step WORDS COMMAND...: runs it; WORDS are said if it fails. From the first one until end_steps a signal ends all that runs, warm compilers too, and this script.
step() {
  local words=$1 code=0
  shift
  begin_steps
  in_group "$@" || code=$?
  [ "$code" = 0 ] || fail "$words"
}
begin_steps() {
  trap 'interrupted 1' HUP
  trap 'interrupted 2' INT
  trap 'interrupted 15' TERM
}
end_steps() {
  end_compilers
  trap - HUP INT TERM
}
interrupted() { # signal
  trap '' HUP INT TERM PIPE
  end_groups INT TERM
  end_compilers
  say "interrupted; the next run goes on from here" >&2 || true
  exit $((128 + $1))
}

missing_packages=()
want() { # package why
  say "missing: $1 ($2)"
  missing_packages+=("$1")
}

# need_programs "program package why" ...: notes the packages whose programs are missing; need_python "module package why" ...: the same for
# modules of the system's Python. install_missing then installs them all at once.
need_programs() {
  local entry program package why
  for entry in "$@"; do
    read -r program package why <<<"$entry"
    command -v "$program" >/dev/null 2>&1 || want "$package" "$why"
  done
}

need_python() {
  local entry module package why
  for entry in "$@"; do
    read -r module package why <<<"$entry"
    /usr/bin/python3 -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$module') is None)" 2>/dev/null || want "$package" "$why"
  done
}

install_missing() {
  [ ${#missing_packages[@]} -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    fail "this is no Debian or Ubuntu; install with your system's own tools what these Debian packages hold, then run this again: ${missing_packages[*]}"
  fi
  if [ "$(id -u)" != 0 ]; then
    fail "not root; run this once, then run this script again:  sudo apt-get install -y ${missing_packages[*]}"
  fi
  say "installing with apt-get: ${missing_packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Servers among them are started by whoever needs one, on a port of their own, not by the package.
  local policy=/usr/sbin/policy-rc.d ours=''
  if [ ! -e "$policy" ]; then ours=yes; printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; fi
  local result=''
  apt-get update -qq || result="apt-get update failed; is there a network?"
  apt-get install -y -qq --no-install-recommends "${missing_packages[@]}" >/dev/null || result="${result:-apt-get install failed; the packages were: ${missing_packages[*]}}"
  if [ -n "$ours" ]; then rm -f "$policy"; fi
  if [ -n "$result" ]; then fail "$result"; fi
  missing_packages=()
}

need_dotnet() {
  command -v dotnet >/dev/null 2>&1 || fail "the .NET 10 SDK is missing; install it from https://dotnet.microsoft.com/download, then run this again"
  dotnet --version >/dev/null 2>&1 || fail "no .NET SDK that global.json accepts (10.0.100 or newer); found: $(dotnet --list-sdks 2>/dev/null | tr '\n' ' ')"
}

need_onnxruntime() {
  if [ -d containers/onnx/node_modules/onnxruntime-node ] && [ ! containers/onnx/package-lock.json -nt containers/onnx/node_modules ]; then return 0; fi
  say "installing onnxruntime-node with npm (containers/onnx)"
  step "npm ci failed in containers/onnx" env -C containers/onnx npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  end_steps
  touch containers/onnx/node_modules
}

# Builds of this script share one warm compiler of their own, whose pipe nobody else knows: others' compilers are theirs to end.
export ORCHESTRATOR_BUILD="${ORCHESTRATOR_BUILD:-build-$$-$(date +%s)}"
export SharedCompilationId="orchestrator-$ORCHESTRATOR_BUILD" MSBUILDDISABLENODEREUSE=1
end_compilers() {
  local process
  for process in /proc/[0-9]*; do
    if tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -q VBCSCompiler && tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qx "ORCHESTRATOR_BUILD=$ORCHESTRATOR_BUILD"; then
      kill "${process#/proc/}" 2>/dev/null || true
      for _ in $(seq 100); do [ -e "$process/environ" ] && [ -s "$process/cmdline" ] || break; sleep 0.05; done
    fi
  done
}

# compile TARGET: a project's folder or a solution, in Release. With a slash behind a folder: of an argument that ends in the word `dotnet` MSBuild thinks that it is
# the program's own name, and builds the solution in this folder instead.
compile() {
  local target=$1
  [ ! -d "$target" ] || target=${target%/}/
  step "the build of $1 failed" dotnet msbuild "$target" -restore -p:Configuration=Release -v:quiet -nologo
}

# build STAMP TARGET...: builds in Release unless nothing changed since STAMP was written.
build() {
  local stamp=$1 target
  shift
  if [ -f "$stamp" ] && [ -z "$(find src containers samples tests Directory.*.props global.json BannedSymbols.txt .editorconfig \
      \( -name node_modules -o -name bin -o -name obj -o -name __pycache__ -o -path samples/digits/models/digits-dotnet \) -prune -o \
      -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name 'global.json' -o -name '.editorconfig' -o -name 'BannedSymbols.txt' \) -newer "$stamp" -print -quit)" ]; then
    return 0
  fi
  say "building (the first time takes a minute or two)"
  mkdir -p "$(dirname "$stamp")"
  for target in "$@"; do compile "$target"; done
  # The digits model in C#: its published output is the artefact.
  step "publishing samples/digits/dotnet failed" dotnet publish samples/digits/dotnet -c Release --no-build -v quiet -nologo -o samples/digits/models/digits-dotnet >/dev/null
  cp samples/digits/models/digits-dotnet.json samples/digits/models/digits-dotnet/
  end_steps
  touch "$stamp"
}
