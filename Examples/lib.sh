# shellcheck shell=bash
# Shared functions of the examples: they start a server, submit jobs, follow them and check the results.
# A script sources this file, calls `start`, and ends with `finish`. The server stops in every case.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
longhaul=${LONGHAUL:-$repository/.build/release/longhaul}
start_deadline_seconds=60
stop_deadline_seconds=60
job_deadline_seconds=300

bold='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR-} ]]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
fi

background=() # processes to stop at the end, the server among them
wrong=0       # checks that failed

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
die() {
    printf '%s%s%s\n' "$red" "$*" "$plain" >&2
    exit 1
}

# start HANDLERS QUEUES FOLDER [RESULTS]: runs `longhaul up` on a free port. Its data and log are in FOLDER, and the
# results in RESULTS (by default FOLDER/results); both are emptied first. Sets `server` (the address), `work` and `results`.
start() {
    [[ -x $longhaul ]] || die "There is no $longhaul yet; run: make build"
    work=$3 results=${4:-$3/results}
    mkdir -p "$(dirname "$work")"
    exec {lock}>"$work.lock" # the server holds it too, for as long as it lives
    flock --nonblock "$lock" || die "Another run uses $work; wait for its end."
    rm -rf "$work" "$results"
    mkdir -p "$work" "$results"
    trap stop EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP

    : >"$work/server.out"
    # In a session of its own, so that Ctrl-C reaches only this script, which then stops the server with SIGTERM.
    setsid "$longhaul" up --listen 127.0.0.1:0 --store "sqlite:$work/longhaul.db" \
        --artifacts "file:$work/artifacts" --handlers "$1" --queues "$2" \
        >"$work/server.out" 2>"$work/server.log" </dev/null &
    background+=($!)
    await_line $! "$work/server.out" "$work/server.log"
    server=$(head -n 1 "$work/server.out" | jq -er .listening) ||
        die "The server's first line is not its address: $(head -n 1 "$work/server.out")"
    export LONGHAUL_SERVER=$server
}

# await_line PID FILE LOG: waits until process PID has written a first line to FILE.
await_line() {
    local deadline=$((SECONDS + start_deadline_seconds))
    until (($(wc -l <"$2") > 0)); do
        kill -0 "$1" 2>/dev/null || die "The process ended before it was ready:" "$(tail -n 20 "$3")"
        ((SECONDS < deadline)) || die "Not ready after $start_deadline_seconds s; see $3"
        sleep 0.05
    done
}

# Stops the started processes, the last one first; kills those that do not stop in time.
stop() {
    local status=$? deadline index pid
    trap - EXIT
    trap '' INT TERM HUP
    for ((index = ${#background[@]} - 1; index >= 0; index--)); do
        pid=${background[index]}
        kill -TERM "$pid" 2>/dev/null || continue
        deadline=$((SECONDS + stop_deadline_seconds))
        while kill -0 "$pid" 2>/dev/null; do
            if ((SECONDS >= deadline)); then
                echo "Process $pid did not stop within $stop_deadline_seconds s; killing it." >&2
                kill -KILL -- "-$pid" 2>/dev/null || true
                deadline=$((SECONDS + stop_deadline_seconds))
            fi
            sleep 0.05
        done
    done
    exit "$status"
}

# Ends the script; fails if a check failed.
finish() {
    ((wrong == 0)) || die "$wrong of the checks failed."
    say "All checks passed. The files are in ${results#"$repository/"}"
}

# submit KIND PAYLOAD [OPTION…]: submits a job with PAYLOAD (JSON) and prints its ID.
submit() {
    local payload
    payload=$(mktemp "$work/payload.XXXXXX")
    printf '%s\n' "$2" >"$payload"
    "$longhaul" submit "$1" --payload "@$payload" "${@:3}" || die "The server did not accept the job."
}

# job ID [QUERY]: prints the job as JSON; with a QUERY like ?wait_seconds=1, when it has ended or the time is over.
job() { curl -fsS --max-time 90 "$server/v1/jobs/$1${2-}"; }

# follow ID: shows each change of the job until it ends. Sets `ended` to the ended job (JSON).
follow() {
    local seen='' now deadline=$((SECONDS + job_deadline_seconds))
    say "job         $1"
    ended=$(job "$1") || die "The server does not answer."
    jq -r '"  submitted   \(.created_at[11:23])  queue \(.queue), priority \(.priority)"' <<<"$ended"
    until jq -e '.state | IN("completed", "failed", "cancelled")' <<<"$ended" >/dev/null; do
        ((SECONDS < deadline)) || die "The job is still $(state) after $job_deadline_seconds s."
        ended=$(job "$1" '?wait_seconds=1') || die "The server does not answer."
        now=$(jq -r '.progress // empty | "\(.percent) %  \(.message // "")"' <<<"$ended")
        [[ $now == "$seen" ]] || say "progress    $now"
        seen=$now
    done
    jq -r '
        def at: if . then .[11:23] else "-" end;
        def second: (.[0:19] + "Z" | fromdate) + ("0" + .[19:23] | tonumber);
        (.attempts[] | "attempt \(.number)   \(.started_at | at)  to \(.finished_at | at)"
            + if .error then "  failed: \(.error.message)" else "" end),
        ((.finished_at | second) - (.created_at | second) | . * 1000 | round / 1000) as $taken
            | "\(.state + "            " | .[0:12])\(.finished_at | at)  attempt \(.attempt) of \(.max_attempts), "
            + "\($taken) s after it was submitted"
        ' <<<"$ended" | sed 's/^/  /'
}

# show_log ID: prints the log of the job.
show_log() {
    say "log"
    "$longhaul" logs "$1" | sed 's/^/    /'
}

# download ID NAME: saves the job's artifacts to results/NAME and lists them.
download() {
    "$longhaul" artifacts "$1" --download "$results/$2" >/dev/null || die "The artifacts could not be read."
    jq -r '.artifacts[] | [.name, .size_bytes, .content_type] | @tsv' <<<"$ended" |
        while IFS=$'\t' read -r name size type; do
            printf '  file        %s  %s bytes, %s\n' "${results#"$repository/"}/$2/$name" "$size" "$type"
        done
}

# check NAME ACTUAL EXPECTED: compares a result with the expected one; `finish` fails if they differ.
check() {
    if [[ $2 == "$3" ]]; then
        printf '  ok          %s: %s\n' "$1" "$2"
    else
        printf '  %sWRONG       %s: %s, not %s%s\n' "$red" "$1" "${2:-nothing}" "$3" "$plain"
        wrong=$((wrong + 1))
    fi
}

# state: prints the state of the job that was followed last.
state() { jq -r .state <<<"$ended"; }

# imagemagick TOOL ARGUMENT…: runs ImageMagick's convert or identify, and not another program of that name on PATH.
imagemagick() {
    local tool
    for tool in "$1-im6.q16" "$1-im7.q16" "/usr/bin/$1"; do
        if command -v "$tool" >/dev/null; then
            "$tool" "${@:2}"
            return
        fi
    done
    die "ImageMagick's $1 is not installed; run: make bootstrap"
}
