#!/usr/bin/env bash
# The checks that need no build: Swift format, file length, shell scripts, Python programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

max_lines=350
failed=0
fault() {
    echo "lint: $*" >&2
    failed=1
}

# Prints the project's files that match the given patterns, tracked or new, not those ignored.
files() { git ls-files --cached --others --exclude-standard --deduplicate -- "$@"; }

swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks/Sources ||
    fault "run: swift format --in-place --recursive Package.swift Sources Tests"

while read -r file; do
    [[ -f $file ]] || continue # deleted, not yet committed
    lines=$(wc -l <"$file")
    ((lines <= max_lines)) || fault "$file: $lines lines; split it (at most $max_lines)"
done < <(files '*.swift' '*.c' '*.cpp' '*.h' '*.sh' '*.py' '*.js' '*.css' '*.html')

# Code that the simulation runs must use the injected clock and must not start threads.
while read -r use; do
    fault "$use: use the TimeSource; no other clock and no thread is allowed here"
done < <(grep -nrE 'Task\.(sleep|yield)|ContinuousClock|SuspendingClock|clock_gettime|asyncAfter' \
    Sources/LonghaulEngine Sources/LonghaulMemory || true)

# Refuses unclear words in new text: see scripts/wording/README.md.
mapfile -t texts < <(files '*.swift' '*.md' '*.py' '*.sh' '*.js' '*.css' '*.html' '*.h' '*.c' '*.cpp' '*.yml' \
    '*.service' '*.conf' '*.toml' Makefile ':!scripts/wording')
/usr/bin/python3 scripts/wording/check.py --new "${texts[@]}" || fault "rewrite the lines above, in plain words"

# Each link of a page leads to a file and a heading, and links lead to each page.
scripts/check_links.py || fault "correct the links above"

# Every part has the version of the command.
scripts/version.sh --check || fault "give all parts the same version"

# No code under a lock may take another lock.
scripts/check_locks.py --test || fault "scripts/check_locks.py does not find what its samples mark"
scripts/check_locks.py || fault "see ARCHITECTURE.md, Locks"

mapfile -t programs < <(files '*.py')
scripts/check_imports.py "${programs[@]}" || fault "correct the Python programs above"

# Each planted fault must still fit the code that it changes.
/usr/bin/python3 -B Tests/Mutants/run.py --check || fault "let the lists in Tests/Mutants follow the code"

mapfile -t scripts < <(files '*.sh' .ci/run deploy/packages/debian/{postinst,prerm,postrm})
shellcheck --external-sources "${scripts[@]}" || fault "shellcheck found errors, or is missing: run make bootstrap"

((failed == 0)) || exit 1
