#!/usr/bin/env bash
# `make docs-tests`: runs the snippets of the guides against the release binary, and compares docs/settings.md with its help.
#
#   scripts/docs-tests.sh [TEST…]    for example test_pages.PageTests.test_how_do_i; all tests by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/bootstrap.sh ruby
export LONGHAUL_BINARY=${LONGHAUL_BINARY:-$PWD/.build/release/longhaul} PYTHONDONTWRITEBYTECODE=1
export LONGHAUL=$LONGHAUL_BINARY
scripts/settings.py --check
cd Tests/Docs
/usr/bin/python3 -m unittest -v "$@"
