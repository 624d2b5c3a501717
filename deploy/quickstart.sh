#!/usr/bin/env bash
# From nothing to a prediction: installs what is missing, builds, starts the digits cluster (no Docker, no Redis), asks it one real digit, stays until Ctrl-C.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_dotnet
need_programs "python3 python3 runs-the-scikit-learn-models" "node nodejs runs-the-ONNX-models" "npm npm installs-ONNX-Runtime" "setpriv util-linux ends-containers-with-their-parent"
need_python "sklearn python3-sklearn the-scikit-learn-models" "pandas python3-pandas named-columns" "uvicorn uvicorn the-Python-containers'-HTTP" \
  "httptools python3-httptools the-Python-containers'-HTTP" "uvloop python3-uvloop the-Python-containers'-HTTP"
install_missing
need_onnxruntime
build artifacts/quickstart.stamp src/Orchestrator.Host src/Orchestrator.Cli containers/noop containers/dotnet samples/digits/dotnet

ready=$(mktemp -d)/url
say "starting the digits cluster (samples/digits/orchestrator.yaml)"
deploy/bin/orch up -f samples/digits/orchestrator.yaml --state "${ORCHESTRATOR_STATE:-.orchestrator/quickstart}" --ready-file "$ready" "$@" &
up=$!
# A background job of a script ignores Ctrl-C, so it is passed on: orch ends its containers, then itself; we only wait for it.
trap 'kill -TERM "$up" 2>/dev/null || true' HUP INT TERM
while [ ! -s "$ready" ] && kill -0 "$up" 2>/dev/null; do sleep 0.1; done
if [ -s "$ready" ]; then
  url=$(cat "$ready")
  /usr/bin/python3 samples/digits/ask.py "$url" || true
  cat <<TXT

  ${BOLD}It runs until you press Ctrl-C.${RESET} Try in another terminal:

    python3 samples/digits/ask.py                  another digit
    deploy/bin/orch status --watch                 what runs, live
    deploy/bin/orch model deploy digits --version 3 --framework sklearn --path samples/digits/models/digits-forest.joblib
    deploy/bin/orch model rollback digits
$(printf '    %-46s %s\n' "curl -s $url/v2/models/digits" "Open Inference Protocol" "curl -s http://127.0.0.1:1338/metrics" Prometheus)

TXT
fi
status=0
while kill -0 "$up" 2>/dev/null; do wait "$up" && status=0 || status=$?; done
rm -rf "$(dirname "$ready")"
exit "$status"
