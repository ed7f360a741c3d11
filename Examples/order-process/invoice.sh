#!/usr/bin/env bash
# Writes an invoice as an artifact. Fails for orders of product "unbillable".
set -euo pipefail

job=$(cat)
number=$(jq -er .payload.id <<<"$job")
[[ $(jq -r '.payload.product // ""' <<<"$job") != unbillable ]] || {
    echo "this product cannot be billed" >&2
    exit 65
}
jq -r '"Invoice \(.payload.id)\nAmount: \(.payload.amount)"' <<<"$job" >"$LONGHAUL_ARTIFACTS/invoice-$number.txt"
jq -n --arg invoice "invoice-$number.txt" '{$invoice}' >"$LONGHAUL_RESULT"
