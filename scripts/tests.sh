#!/usr/bin/env bash
# Runs `swift test` with a time limit. If it does not end in time, prints the tests that have not ended, the processes and, with
# gdb, the stacks of the threads, and fails. The latest lines of the tests may be missing then: the process buffers them.
#
#   scripts/tests.sh SECONDS [ARGUMENT OF SWIFT TEST…]
set -euo pipefail

limit=$1
shift
log=$(mktemp)
# A session of its own, so that all processes of the tests can be found: `swift test` starts them in another process group.
setsid swift test "$@" > >(tee "$log") 2>&1 &
tests=$!
end() {
    # The servers of the tests end with this process, and remove their files.
    pkill -KILL -s "$tests" -f '\.xctest' || true
    rm -f "$log"
}
trap end EXIT
trap 'exit 130' INT TERM

SECONDS=0
while kill -0 "$tests" 2>/dev/null; do
    if ((SECONDS >= limit)); then
        echo "✘ The tests did not end within $limit s. These had begun and not ended:"
        awk '/^◇ Test .* started\.$/ { sub(/^◇ Test (case passing .* to )?/, ""); sub(/ started\.$/, ""); begun[$0] = 1 }
            /^[✔✘] Test / {
                sub(/^[✔✘] Test (case passing .* to )?/, "")
                sub(/ (with [0-9]+ test cases? )?(passed|failed) after .*$/, "")
                delete begun[$0]
            }
            END { for (test in begun) print "✘   " test }' "$log"
        ps -o pid,ppid,pcpu,etimes,args --forest -p "$(pgrep -d , -s "$tests")" | cut -c 1-160 || true
        if command -v gdb >/dev/null; then
            for process in $(pgrep -s "$tests" -f '\.xctest'); do
                timeout 60 gdb -p "$process" -batch -ex 'thread apply all bt 30' 2>/dev/null || true
            done
        fi
        exit 124
    fi
    sleep 1
done
wait "$tests"
