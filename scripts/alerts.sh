#!/usr/bin/env bash
# Checks the alert rules and runs their tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../deploy/prometheus"

promtool check rules longhaul.rules.yml
promtool test rules longhaul.rules.test.yml
