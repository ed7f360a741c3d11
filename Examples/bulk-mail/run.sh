#!/usr/bin/env bash
# Sends 120 personal mails to a mail server that refuses one recipient and fails once for another. The job is retried,
# continues where it stopped, and in the end each recipient has one mail.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

export MAIL_SENT_LISTS=$repository/.run/bulk-mail/sent-lists
start "$here/handlers.json5" mail=1 "$repository/.run/bulk-mail"

inbox=$results/inbox
mkdir -p "$inbox"
: >"$work/sink.out"
setsid "$here/sink.py" "$inbox" --refuse reader7@example.org --fail-once reader60@example.org \
    >"$work/sink.out" 2>"$work/sink.log" </dev/null &
background+=($!)
await_line $! "$work/sink.out" "$work/sink.log"
sink=$(jq -r .listening "$work/sink.out")

heading "120 mails to the local mail server $sink"
payload=$(jq -n --arg server "$sink" '{
    $server, from: "team@example.org",
    subject: "Your year in numbers, {name}",
    text: "Dear {name},\n\nthis was your year. Thank you for having been with us.\n",
    recipients: [range(1; 121) | {
        address: "reader\(.)@example.org",
        name: (["Zoë", "Ørjan", "李雷", "Ada", "Łucja"][. % 5] + " \(.)")}]}')
id=$(submit mail.bulk "$payload" --queue mail)
follow "$id"
show_log "$id"

check "state" "$(state)" completed
check "attempts" "$(jq .attempt <<<"$ended")" 2
check "sent and refused" "$(jq -c '[.result.sent, .result.refused]' <<<"$ended")" '[119,["reader7@example.org"]]'
check "mails in the inbox" "$(find "$inbox" -name '*.eml' | wc -l)" 119
wanted=$(jq -r '.recipients[].address | select(. != "reader7@example.org")' <<<"$payload" | sort)
got=$(sed -ns '1s/^X-Envelope-To: \(.*\)\r$/\1/p' "$inbox"/*.eml | sort)
check "recipients without a mail, or with two" "$(comm -3 <(echo "$wanted") <(echo "$got") | wc -l)" 0
check "mails sent twice, and dropped by the server" "$(cat "$inbox/repeats")" reader60@example.org

# The decoded subject of each mail contains the name of its recipient.
check "subjects with the recipient's name" "$(/usr/bin/python3 - "$inbox" <<'PYTHON'
import email, email.policy, pathlib, sys
names = ["Zoë", "Ørjan", "李雷", "Ada", "Łucja"]
right = 0
for path in pathlib.Path(sys.argv[1]).glob("*.eml"):
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    number = int(mail["To"].addresses[0].username.removeprefix("reader"))
    name = f"{names[number % 5]} {number}"
    right += mail["Subject"] == f"Your year in numbers, {name}" and f"Dear {name}," in mail.get_content()
print(right)
PYTHON
)" 119

heading "A name with a line break, which would forge a header: fails at once"
id=$(submit mail.bulk "$(jq '.recipients[1].name = "Eve\r\nBcc: all@example.org"' <<<"$payload")" --queue mail)
follow "$id"
check "state" "$(state)" failed

finish
