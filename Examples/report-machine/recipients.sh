#!/usr/bin/env bash
# Fetches the recipients of a report.
set -euo pipefail
jq -n '["Zoë", "Ørjan", "李雷"] | to_entries
    | map({address: "reader\(.key + 1)@example.org", name: .value})' >"$LONGHAUL_RESULT"
