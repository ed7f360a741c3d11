#!/usr/bin/env bash
# Prints the version of Longhaul. Its place is Product.version in Sources/longhaul/Commands/Commands.swift.
#
#   scripts/version.sh --check    checks that the SDKs, the manifests and the changelog have the same version
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# first FILE REGEX: prints the first match of the group of an extended regular expression.
first() { sed -nE "s/$2/\1/p" "$1" | head -n 1; }

version=$(first Sources/longhaul/Commands/Commands.swift '.*static let version = "([^"]*)".*')
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || {
    echo "version: Commands.swift has no version such as 1.2.3" >&2
    exit 1
}
[[ ${1-} == --check ]] || {
    echo "$version"
    exit
}

failed=0
# same FILE REGEX: reports a file with another version.
same() {
    local found
    found=$(first "$1" "$2")
    [[ $found == "$version" ]] || {
        echo "version: $1 has ${found:-no version}; Commands.swift has $version" >&2
        failed=1
    }
}
same sdk/python/longhaul/__about__.py '^VERSION = "([^"]*)"$'
same sdk/javascript/package.json '^  "version": "([^"]*)",$'
same deploy/kubernetes/kustomization.yaml '^ *newTag: (.*)$'
same CHANGELOG.md '^## ([0-9.]+).*'
exit "$failed"
