#!/usr/bin/env bash
# `make sdk-javascript`: tests the JavaScript SDK against the release binary, checks its type declarations, and runs its torture.
#
#   scripts/sdk-javascript.sh [FILE…]    runs only these tests, such as worker.test.js
#
# KILL_JOBS is the number of jobs of the torture (default: 300).
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$repository/scripts/bootstrap.sh" chromium node-typescript

export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$repository/.build/release/longhaul}
cd "$repository/sdk/javascript/test"
files=("$@")
((${#files[@]} > 0)) || files=(*.test.js)
node --test --test-reporter=tap "${files[@]}"

(($# > 0)) || node torture/torture.js --jobs "${KILL_JOBS:-300}" --kills 12
