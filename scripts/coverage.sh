#!/usr/bin/env bash
# Measures which lines of the rules (Sources/LonghaulStore/Rules) the simulation reaches.
#
#     scripts/coverage.sh [SEEDS] [MIN_PERCENT]    defaults: 1000 seeds; fails below 90 % of lines
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seeds=${1:-1000}
minimum=${2:-90}
folder=.run/coverage
program=$folder/release/longhaul-simulation

swift build -c release --product longhaul-simulation --scratch-path "$folder" \
    -Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping
LLVM_PROFILE_FILE=$folder/simulation.profraw "$program" --seeds "$seeds"
tools=$(dirname "$(readlink -f "$(command -v swift)")")
"$tools/llvm-profdata" merge -o "$folder/simulation.profdata" "$folder/simulation.profraw"
"$tools/llvm-cov" report "$program" -instr-profile "$folder/simulation.profdata" \
    Sources/LonghaulStore/Rules |
    awk -v minimum="$minimum" '
        /\.swift / { printf "%7s of lines  %s\n", $10, $1 }
        /^TOTAL/ { total = $10 + 0; printf "%7s of lines  the rules\n", $10 }
        END { exit total < minimum }'
