#!/usr/bin/env bash
# The images that our own start from, and those that compose runs beside them. What the engine has is used; what it lacks is pulled; what cannot be
# pulled is made here from Debian's packages, with this machine's apt settings inside so that builds on top of it reach the same mirror.
#   bash deploy/base-images.sh [debian] [node] [redis] [prometheus]      default: debian node
# Prints what to use as NAME=image lines (for images.sh, or `>> .env` for compose); everything else goes to standard error.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source deploy/engine.sh
exec 3>&1 1>&2
find_docker

PULL_SECONDS=${PULL_SECONDS:-600}

# choose VARIABLE public-name local-name make-function: prints VARIABLE=the image to use, making it if it must be made.
choose() {
  local variable=$1 public=${!1:-$2} own=$3 make=$4 words
  if has_image "$public"; then
    own=$public
  elif ! has_image "$own" || [ "$own" = "$public" ]; then
    if words=$(timeout "$PULL_SECONDS" "$DOCKER" pull -q "$public" 2>&1); then
      own=$public
    else
      say "$public cannot be pulled (${words:-no answer in $PULL_SECONDS s}); making $own from Debian's packages"
      "$make" "$own"
    fi
  fi
  printf '%s=%s\n' "$variable" "$own" >&3
}

# This machine's mirror of a Debian suite; nothing if its apt has none.
mirror_of() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null | awk -v suite="$1" '$2 == suite && $3 == "main" {print $1; exit}') || uri=''
  echo "$uri"
}

make_debian() {
  local work seconds=$SECONDS mirror security
  need_programs "debootstrap debootstrap makes-the-base-image"
  install_missing
  [ "$(id -u)" = 0 ] || fail "debootstrap needs root; run once as root: bash deploy/base-images.sh debian"
  mirror=${DEBIAN_MIRROR:-$(mirror_of bookworm)} security=${DEBIAN_SECURITY_MIRROR:-$(mirror_of bookworm-security)}
  [ -n "$mirror" ] || fail "apt here names no mirror of Debian bookworm, so the base cannot be made: set DEBIAN_MIRROR to one, or have the engine pull debian:bookworm-slim"
  say "debootstrap --variant=minbase bookworm (about a minute and a half)"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  debootstrap --variant=minbase bookworm "$work/root" "$mirror" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; fail "debootstrap failed"; }
  slim_down "$work/root"
  local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  printf '%s\n' "deb $signed $mirror bookworm main" "deb $signed ${mirror} bookworm-updates main" ${security:+"deb $signed $security bookworm-security main"} >"$work/root/etc/apt/sources.list"
  # How this machine reaches its mirror (a proxy, dates not checked); not its hooks, and no password.
  apt-config dump 2>/dev/null | grep -E '^Acquire::(http|https|ftp|Retries|ForceIPv4|Check-Valid-Until|Check-Date)\b' | grep -v '://[^/]*@' >"$work/root/etc/apt/apt.conf.d/90host" || true
  tar -C "$work/root" -c . | "$DOCKER" import -c 'CMD ["bash"]' - "$1" >/dev/null
  rm -rf "$work"
  trap - EXIT
  say "made $1 in $((SECONDS - seconds)) s"
}

# What Debian's own slim images leave out, now and in what is installed later: documentation, translations, package caches.
slim_down() {
  local root=$1
  printf '%s\n' 'path-exclude /usr/share/doc/*' 'path-include /usr/share/doc/*/copyright' 'path-exclude /usr/share/man/*' 'path-exclude /usr/share/info/*' \
    'path-exclude /usr/share/locale/*' 'path-exclude /usr/share/lintian/*' >"$root/etc/dpkg/dpkg.cfg.d/slim"
  printf '%s\n' 'Acquire::Languages "none";' 'APT::Install-Recommends "false";' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };' >"$root/etc/apt/apt.conf.d/80slim"
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  rm -rf "$root"/usr/share/{man,info,locale,lintian}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/log/{apt,dpkg.log,bootstrap.log,alternatives.log}
  # Starting services is not the business of an image's build.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
}

# build_base image instructions...: builds a Dockerfile of these lines on top of Debian, with the folder CONTEXT (or nothing) as its context.
build_base() {
  local image=$1 log
  shift
  log=$(mktemp)
  {
    echo "FROM $(debian_base)"
    printf '%s\n' "$@"
  } >"${CONTEXT:=$(mktemp -d)}/Dockerfile"
  "$DOCKER" build -q --network host -t "$image" "$CONTEXT" >"$log" 2>&1 || { tail -n 20 "$log"; fail "building $image failed"; }
  rm -rf "$log" "$CONTEXT"
  CONTEXT=''
  say "made $image"
}

debian_base() { bash deploy/base-images.sh debian | cut -d= -f2-; }

# This machine's own node, with npm and the certificates that npm needs: Debian's is older than what onnxruntime-node wants to be told of.
make_node() {
  local node npm
  node=$(readlink -f "$(command -v node)") || fail "there is no node on this machine to make $1 from; install Node 20 or newer"
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")") || fail "there is no npm on this machine to make $1 from"
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || fail "$1 needs Node 20 or newer, this machine's is $(node --version)"
  CONTEXT=$(mktemp -d)
  cp "$node" "$CONTEXT/node"
  cp -r "$npm" "$CONTEXT/npm"
  cp /etc/ssl/certs/ca-certificates.crt "$CONTEXT/" 2>/dev/null || fail "no /etc/ssl/certs/ca-certificates.crt on this machine; apt-get install ca-certificates"
  build_base "$1" \
    'COPY node /usr/bin/node' \
    'COPY npm /usr/lib/node_modules/npm' \
    'COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt' \
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm && mkdir -p /usr/etc && echo cafile=/etc/ssl/certs/ca-certificates.crt >/usr/etc/npmrc && node --version && npm --version'
}

make_redis() {
  build_base "$1" \
    'RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/* && mkdir -p /data && chown redis:redis /data' \
    'WORKDIR /data' 'VOLUME /data' 'USER redis' 'EXPOSE 6379' \
    'CMD ["redis-server", "--protected-mode", "no", "--dir", "/data"]'
}

make_prometheus() {
  build_base "$1" \
    'RUN apt-get update && apt-get install -y --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/* && mkdir -p /prometheus && chown prometheus /prometheus' \
    'USER prometheus' 'EXPOSE 9090' \
    'ENTRYPOINT ["prometheus"]' \
    'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]'
}

[ $# -gt 0 ] || set -- debian node
for name in "$@"; do
  case $name in
    debian) choose DEBIAN_IMAGE debian:bookworm-slim debian:bookworm-slim make_debian ;;
    node) choose NODE_IMAGE node:22-bookworm-slim orchestrator-local/node:20 make_node ;;
    redis) choose REDIS_IMAGE redis:7 orchestrator-local/redis:7 make_redis ;;
    prometheus) choose PROMETHEUS_IMAGE prom/prometheus:v3.5.0 orchestrator-local/prometheus:2 make_prometheus ;;
    *) fail "no base image is called '$name'; there are: debian node redis prometheus" ;;
  esac
done
