#!/usr/bin/env bash
# Sends a message to the warehouse. The file WAREHOUSE_FOLDER/messages stands for the queue.
set -euo pipefail

jq -c .payload >>"$WAREHOUSE_FOLDER/messages"
