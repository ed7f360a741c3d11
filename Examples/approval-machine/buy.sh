#!/usr/bin/env bash
# Buys an item. The file PURCHASE_FOLDER/orders stands for the shop.
set -euo pipefail

job=$(cat)
jq -r '.payload | "\(.item) approved by \(.approved_by)"' <<<"$job" | tee -a "$PURCHASE_FOLDER/orders"
jq '.payload + {ordered: true}' <<<"$job" >"$LONGHAUL_RESULT"
