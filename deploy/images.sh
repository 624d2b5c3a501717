#!/usr/bin/env bash
# Builds the project's images: one per framework, and the orchestrator itself. What did not change is not built again.
#   bash deploy/images.sh [sklearn] [onnx] [dotnet] [noop] [orchestrator] [mlnet]      default: all but mlnet, whose packages not every copy of NuGet has
# Variables: IMAGE_PREFIX (orchestrator-; the orchestrator itself is called IMAGE_PREFIX without its last dash), IMAGE_TAG (latest), DEBIAN_IMAGE and NODE_IMAGE
# (what to start from; what cannot be pulled is made by base-images.sh), DOCKER_HOST.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source deploy/engine.sh
find_docker

IMAGE_PREFIX=${IMAGE_PREFIX:-orchestrator-}
IMAGE_TAG=${IMAGE_TAG:-latest}
PUBLISHED=artifacts/images

bases() { # names of base-images.sh: sets the variables it prints
  local lines line
  lines=$(bash deploy/base-images.sh "$@") || fail "the base images could not be had"
  while IFS= read -r line; do declare -g "$line"; done <<<"$lines"
}

# docker_build image context dockerfile option...: quiet unless it fails. The host's network, so that a build reaches what this machine reaches.
docker_build() {
  local image=$1 context=$2 dockerfile=$3 log seconds=$SECONDS option
  shift 3
  for option in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!option:-}" ] || set -- "$@" --build-arg "$option"
  done
  log=$(mktemp)
  begin_steps
  in_group logged "$log" "$DOCKER" build --network host -t "$image" -f "$dockerfile" "$@" "$context" || { tail -n 40 "$log" >&2; fail "building $image failed"; }
  rm -f "$log"
  say "$image: $("$DOCKER" image inspect -f '{{.Size}}' "$image" | awk '{printf "%.0f MB", $1 / 1e6}'), $((SECONDS - seconds)) s"
}

# publish name "source folders" project...: publishes with the .NET runtime inside into $PUBLISHED/name, unless no source changed: no SDK and no network are
# needed inside the image's build. The runtime's files lie apart from the program's, so that all .NET images share one layer of them.
publish() {
  local name=$1 folders=$2 out="$PUBLISHED/$1" project file seconds=$SECONDS
  shift 2
  # shellcheck disable=SC2086 # a list
  if [ -f "$out/stamp" ] && [ "$(cat "$out/stamp")" = "$RID" ] && [ -z "$(find $folders Directory.*.props global.json .editorconfig deploy/images.sh \
      \( -name node_modules -o -name bin -o -name obj -o -name tests \) -prune -o -type f -newer "$out/stamp" -print -quit)" ]; then
    return 0
  fi
  rm -rf "$out"
  mkdir -p "$out/runtime"
  for project in "$@"; do
    # An artifacts folder of its own: a publish for one system rewrites what the next ordinary build would have to restore again.
    step "publishing $project failed" \
      dotnet publish "$project" -c Release -r "$RID" --self-contained -p:UseAppHost=true "-p:ArtifactsPath=$ROOT/$PUBLISHED/build" -o "$out/app" -v quiet -nologo -clp:NoSummary
  done
  awk '/^      "runtimepack\./ {inside = 1} /^      }/ {inside = 0} inside && /^          "/ {split($0, part, "\""); print part[2]}' "$out"/app/*.deps.json | sort -u | while read -r file; do
    [ ! -e "$out/app/$file" ] || mv "$out/app/$file" "$out/runtime/"
  done
  echo "$RID" >"$out/stamp"
  say "published $name in $((SECONDS - seconds)) s"
}

image_of() { echo "$IMAGE_PREFIX$1:$IMAGE_TAG"; }

dotnet_container() { # name program
  publish "$1" "containers/$1 containers/sdk/dotnet src/Orchestrator.Protocol" "containers/$1"
  docker_build "$(image_of "$1")" "$PUBLISHED/$1" "containers/$1/Dockerfile" --build-arg "BASE=$DEBIAN_IMAGE"
}

build_image() {
  case $1 in
    sklearn) docker_build "$(image_of sklearn)" . containers/sklearn/Dockerfile --build-arg "BASE=$DEBIAN_IMAGE" ;;
    onnx)
      local registry
      registry=$(npm config get registry 2>/dev/null || true)
      bases node
      docker_build "$(image_of onnx)" . containers/onnx/Dockerfile --build-arg "NODE_IMAGE=$NODE_IMAGE" ${registry:+--build-arg "npm_config_registry=$registry"}
      ;;
    dotnet | noop) dotnet_container "$1" ;;
    mlnet) docker_build "$(image_of mlnet)" . containers/mlnet/Dockerfile --build-arg "BASE=$DEBIAN_IMAGE" ;;
    orchestrator)
      publish orchestrator src src/Orchestrator.Host src/Orchestrator.Cli
      local manifest
      for manifest in containers/*/container.json; do install -D -m 644 "$manifest" "$PUBLISHED/orchestrator/$manifest"; done
      docker_build "${IMAGE_PREFIX%-}:$IMAGE_TAG" "$PUBLISHED/orchestrator" deploy/orchestrator.Dockerfile --build-arg "BASE=$DEBIAN_IMAGE"
      ;;
    *) fail "no image is called '$1'; there are: sklearn onnx dotnet noop orchestrator mlnet" ;;
  esac
}

case $("$DOCKER" version --format '{{.Server.Arch}}') in
  amd64) RID=linux-x64 ;;
  arm64) RID=linux-arm64 ;;
  *) fail "the engine's machine is neither amd64 nor arm64" ;;
esac
need_dotnet
bases debian
[ $# -gt 0 ] || set -- sklearn onnx dotnet noop orchestrator
for name in "$@"; do build_image "$name"; done
end_steps
