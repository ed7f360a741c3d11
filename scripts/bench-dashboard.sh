#!/usr/bin/env bash
# `make view`: measures the load time of the dashboard's overview with 1,000,000 stored jobs.
#
#   scripts/bench-dashboard.sh [--jobs N] [--views N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/bootstrap.sh chromium chromium-driver fonts-noto-core python3-selenium
exec /usr/bin/python3 -B Benchmarks/dashboard/first_view.py "$@"
