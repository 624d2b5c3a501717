#!/usr/bin/env bash
# Publishes the container with its own .NET runtime into containers/noop/image, which the Dockerfile copies: no SDK and no network inside the build.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$here/image"
dotnet publish "$here/Orchestrator.Container.Noop.csproj" -c Release -r "${1:-linux-x64}" --self-contained -p:UseAppHost=true -o "$here/image" -v quiet --nologo
echo "$here/image"
