# For the tests of packages, inside the clean system. enter.sh runs them with `bash -Eeuo pipefail`.
# shellcheck shell=bash disable=SC2034 # `server` is for the tests

trap 'echo "line $LINENO of ${BASH_SOURCE[0]} failed: $BASH_COMMAND" >&2' ERR

# check NAME FOUND EXPECTED
check() {
    [[ $2 == "$3" ]] || {
        echo "$1: found '$2' in place of '$3'" >&2
        exit 1
    }
}

# quietly COMMAND…: prints the output of a command only if it fails.
quietly() { "$@" >/tmp/output 2>&1 || { cat /tmp/output >&2 && return 1; }; }

# Checks that every library of a program is found.
check_libraries() {
    local missing
    missing=$(ldd "$@" | grep 'not found' || true)
    check "missing libraries" "$missing" ""
}

# A handler, a program of the shell that writes a log, a result and a file.
make_handlers() {
    mkdir -p /srv
    cat >/srv/greet.sh <<'SHELL'
#!/bin/sh
echo "greeting $1"
echo "Hello, $1" >greeting.txt
printf '{"greeted": "%s"}' "$1" >"$LONGHAUL_RESULT"
SHELL
    chmod 755 /srv/greet.sh
    echo '{ handlers: { "test.greet": { command: ["/srv/greet.sh", "{payload.name}"] } } }' >/srv/handlers.json5
}

# Waits until the server answers, at most a minute.
await_server() {
    local deadline=$((SECONDS + 60))
    until longhaul health >/dev/null 2>&1; do
        ((SECONDS < deadline)) || {
            cat /tmp/server.log >&2
            echo "the server does not start" >&2
            exit 1
        }
        sleep 0.1
    done
}

# start COMMAND…: starts a server; sets `server` to its process.
start() {
    "$@" >/tmp/server.log 2>&1 &
    server=$!
    await_server
}

# stop PROCESS: ends a process with SIGTERM and checks that it ends well.
stop() {
    local code=0
    kill -TERM "$1"
    wait "$1" || code=$?
    check "exit code after SIGTERM" "$code" 0
}

# Submits a job for the handler, and checks its result, its log and its file.
run_greeting() {
    local id
    id=$(longhaul submit test.greet --payload '{"name": "Ada"}')
    quietly longhaul wait "$id"
    longhaul get "$id" --json >/tmp/job
    grep -q '"state": *"completed"' /tmp/job || {
        cat /tmp/job /tmp/server.log >&2
        return 1
    }
    grep -q '"greeted": *"Ada"' /tmp/job
    longhaul logs "$id" | grep 'greeting Ada' >/dev/null
    quietly longhaul artifacts "$id" --download /tmp/artifacts
    check "file of the job" "$(cat /tmp/artifacts/greeting.txt)" "Hello, Ada"
    rm -r /tmp/artifacts
}
