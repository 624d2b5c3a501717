#!/usr/bin/env bash
# Usage: make_artefact.sh [folder]: builds the model and puts it together with its weights into one folder, default samples/digits/models/digits-dotnet.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
artefact=${1:-$here/../models/digits-dotnet}
dotnet publish "$here/DigitsModel.csproj" -c Release -o "$artefact" -v quiet --nologo
cp "$here/../models/digits-dotnet.json" "$artefact/"
(cd "$artefact" && pwd)
