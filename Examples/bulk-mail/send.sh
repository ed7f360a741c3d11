#!/usr/bin/env bash
# Sends a personal mail to each recipient of a job, and to none of them twice.
#
# Reads the job from standard input; messages.jq checks its payload. The program keeps a list of the sent mails of the
# job in the folder MAIL_SENT_LISTS, and a later attempt skips them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lists=${MAIL_SENT_LISTS:-/var/tmp/longhaul-mail-$EUID}
keep_lists_days=7

cd "$TMPDIR" # the files here are temporary: those of the working folder become artifacts
cat >job.json
jq -r --arg date "$(date -R)" -f "$here/messages.jq" job.json >messages
total=$(wc -l <messages)
server=$(jq -r .payload.server job.json)
from=$(jq -r .payload.from job.json)

(umask 077 && mkdir -p "$lists")
find "$lists" -type f -mtime "+$keep_lists_days" -delete
list=$lists/$LONGHAUL_JOB_ID
touch "$list"
# An earlier attempt that has lost its lease may still be running.
exec 9<"$list"
flock --nonblock 9 || {
    echo "another attempt of this job is still sending" >&2
    exit 75
}

declare -A ended=() # recipient → sent or refused
while IFS=$'\t' read -r outcome recipient; do ended[$recipient]=$outcome; done <"$list"
((${#ended[@]} == 0)) || echo "attempt $LONGHAUL_ATTEMPT: ${#ended[@]} of $total were done by earlier attempts"

note() {
    printf '%s\t%s\n' "$1" "$2" >>"$list"
    ended[$2]=$1
}

deferred=0 percent=-1
while IFS=$'\t' read -r recipient message; do
    [[ -z ${ended[$recipient]-} ]] || continue
    base64 -d <<<"$message" >mail
    status=0
    reply=$(curl --silent --show-error --max-time 30 --url "$server/longhaul" --mail-from "$from" \
        --mail-rcpt "$recipient" --upload-file mail --verbose 2>&1 </dev/null) || status=$?
    # The last error reply of the server.
    error_reply=$(grep -oE '^< [45][0-9]{2}[ -].*' <<<"$reply" | tail -n 1 | tr -d '\r' || true)
    case $status/$error_reply in
    0/*) note sent "$recipient" ;;
    */'< 5'*)
        echo "$recipient refused: ${error_reply#< }" >&2
        note refused "$recipient"
        ;;
    */'< 4'*)
        echo "$recipient deferred: ${error_reply#< }" >&2
        deferred=$((deferred + 1))
        ;;
    *)
        echo "$server cannot be reached: curl's exit code $status" >&2
        exit 75
        ;;
    esac
    if ((${#ended[@]} * 100 / total != percent)); then
        percent=$((${#ended[@]} * 100 / total))
        echo "::progress $percent ${#ended[@]} of $total mails"
    fi
done <messages

if ((deferred > 0)); then
    echo "deferred to the next attempt: $deferred" >&2
    exit 75
fi

jq -R -n '[inputs | split("\t")] | {
    sent: map(select(.[0] == "sent")) | length,
    refused: map(select(.[0] == "refused") | .[1])}' "$list" >"$LONGHAUL_RESULT"
