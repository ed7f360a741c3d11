#!/usr/bin/env bash
# Mails a person a link for the approval of a purchase. The file PURCHASE_FOLDER/mail stands for the mails.
#
# The payload: {"token": "…", "page": "http://127.0.0.1:8000", "item": "desk", "amount": 900}
set -euo pipefail

jq -er '.payload
    | "\(.item) \(.page)/?token=\(.token | @uri)&item=\(.item | @uri)&amount=\(.amount)"' >>"$PURCHASE_FOLDER/mail"
