# Converts a job to messages: one line each with the recipient and the message in base64, separated by a tab.
#
#   jq -r --arg date "$(date -R)" -f messages.jq
#
# The Message-ID is computed from the job's ID and the recipient, so it is the same in every attempt.

def faults:
    def address: type == "string" and length <= 254 and test("^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+$");
    def text($maximum): type == "string" and . != "" and length <= $maximum;
    def line($maximum): text($maximum) and (test("[\\x00-\\x1f\\x7f]") | not);
    if type != "object" then "the payload is not an object"
    elif keys != ["from", "recipients", "server", "subject", "text"] then
        "the payload needs exactly the fields server, from, subject, text, recipients"
    elif .server | type != "string" or (test("^smtps?://[A-Za-z0-9.:\\[\\]-]+$") | not) then
        "server is not smtp://host:port"
    elif .from | address | not then "from is not a mail address"
    elif .subject | line(200) | not then "subject is not one line of at most 200 characters"
    elif .text | text(20000) | not then "text is empty or too long"
    elif .recipients | type != "array" or length < 1 or length > 2000 then "recipients is not a list of 1 to 2000"
    else
        first((.recipients | to_entries[]
            | if .value | type != "object" or keys != ["address", "name"] then
                "recipients/\(.key) is not {address, name}"
            elif .value.address | address | not then "recipients/\(.key)/address is not a mail address"
            elif .value.name | line(100) | not then "recipients/\(.key)/name is not one line of text"
            else empty end),
            (if .recipients | map(.address | ascii_downcase) | length != (unique | length)
                then "a recipient is named twice" else empty end))
    end;

def chunks($size): [range(0; length; $size) as $at | .[$at:$at + $size]];
def encoded_words: chunks(10) | map("=?UTF-8?B?\(@base64)?=") | join("\r\n ");
def token: ascii_downcase | @base64 | gsub("\\+"; "-") | gsub("/"; "_") | gsub("="; "");
def for_name($name): split("{name}") | join($name);

([.payload | faults] | first) as $fault
| if $fault then "bad input: \($fault)\n" | halt_error(65) else . end
| .id as $id
| .payload as $mail
| $mail.recipients[]
| .name as $name
| [
    .address,
    ([
        "Date: \($date)",
        "From: <\($mail.from)>",
        "To: <\(.address)>",
        "Subject: \($mail.subject | for_name($name) | encoded_words)",
        "Message-ID: <\($id).\(.address | token)@\($mail.from | split("@")[1])>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        ($mail.text | for_name($name) | @base64 | chunks(76) | join("\r\n")),
        ""
    ] | join("\r\n") | @base64)
  ]
| @tsv
