#!/usr/bin/env bash
# Builds the DocC catalogues of the public products from the built modules (debug). Warnings, such as links without a target, are
# errors. Parameters without documentation are allowed: a name may say everything.
#
#   scripts/docc.sh [FOLDER]    writes the archives to FOLDER
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
archives=${1:-$folder/archives}
mkdir -p "$archives"
build=$(realpath .build/debug)
options=(-target "$(swiftc -print-target-info | jq -r .target.unversionedTriple)" -I "$build/Modules" -module-cache-path "$build/ModuleCache")
for map in Sources/C*/module.modulemap "$build"/C*.build/module.modulemap; do options+=(-Xcc "-fmodule-map-file=$(realpath "$map")"); done
for include in Sources/C*/include; do options+=(-Xcc "-I$PWD/$include"); done

for module in LonghaulClient LonghaulWorker LonghaulWorkflow LonghaulTesting; do
    graphs=$folder/$module
    mkdir "$graphs"
    swift-symbolgraph-extract -module-name "$module" "${options[@]}" -minimum-access-level public \
        -experimental-allowed-reexported-modules=LonghaulCore,LonghaulJSON,LonghaulHTTP,LonghaulWorker,LonghaulWorkflow \
        -output-dir "$graphs"
    archive=$archives/$module.doccarchive
    rm -rf "$archive"
    docc convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$graphs" \
        --fallback-display-name "$module" --fallback-bundle-identifier "longhaul.$module" \
        --output-path "$archive" --diagnostics-file "$folder/$module.json" >"$folder/log" 2>&1 || true
    if [[ ! -e $archive || ! -e $folder/$module.json ]]; then
        cat "$folder/log" >&2
        echo "docc: $module has no archive" >&2
        exit 1
    fi
    jq -r --arg allowed 'is missing documentation' '.diagnostics[] | select(.severity != "note" and (.summary | contains($allowed) | not))
        | "\(.source // "?" | split("/")[-3:] | join("/")):\(.range.start.line // 0): \(.summary)"' "$folder/$module.json" >>"$folder/problems"
done
sort -u "$folder/problems" >&2
[[ ! -s $folder/problems ]]
