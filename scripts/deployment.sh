#!/usr/bin/env bash
# `make deployment`: checks the files in deploy/ against the binary and with their own tools: the systemd units, the Compose
# file, the Dockerfile, whose steps it runs in an empty folder, and the manifests of Kubernetes. Reports the checks whose tool
# is not installed.
#
#   scripts/deployment.sh [BINARY]    the binary whose libraries are compared; by default .build/release/longhaul
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$(realpath "${1:-.build/release/longhaul}")
dockerfile=deploy/docker/Dockerfile
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
fault() {
    echo "deployment: $*" >&2
    failed=1
}

# same NAME EXPECTED FOUND: compares two lists of words, in any order.
same() {
    local expected found
    expected=$(tr -s ' ' '\n' <<<"$2" | sort -u)
    found=$(tr -s ' ' '\n' <<<"$3" | sort -u)
    [[ $expected == "$found" ]] || {
        fault "$1 differ (< needed, > in $dockerfile):"
        diff <(echo "$expected") <(echo "$found") >&2 || true
    }
}

# dockerfile_packages STAGE: prints the packages that the nth stage installs.
dockerfile_packages() {
    awk -v stage="$1" '/^FROM/ { n++ } n == stage' "$dockerfile" | tr -d '\\\n' |
        sed 's/.*--no-install-recommends \([^&]*\)&&.*/\1/' | xargs
}

# Data that the binary reads at run time: certificates and time zones.
data_packages=(ca-certificates tzdata)

check_packages() {
    local build
    build=$(sed -n '/^build_packages=(/,/^)/p' scripts/bootstrap.sh | grep -v '[()]' | xargs)
    same "the packages for building" "$build" "$(dockerfile_packages 1)"
    same "the packages for running" "$(scripts/linked-packages.sh "$binary" | xargs) ${data_packages[*]}" "$(dockerfile_packages 2)"
}

check_units() {
    local unit
    command -v systemd-analyze >/dev/null || {
        echo "deployment: systemd-analyze is not installed: the units were not checked"
        return
    }
    for unit in deploy/systemd/*.service; do
        sed "s|/usr/local/bin/longhaul|$binary|" "$unit" >"$folder/$(basename "$unit")"
    done
    # A template is checked as one of its instances.
    mv "$folder/longhaul-worker@.service" "$folder/longhaul-worker@images.service"
    systemd-analyze verify --man=no "$folder"/*.service || fault "systemd-analyze found errors in the units"
}

# Every setting in the example files is a setting of the command.
check_settings() {
    local command name
    for command in server:serve worker:worker; do
        while read -r name; do
            "$binary" help "${command#*:}" | grep -qw "$name" ||
                fault "deploy/systemd/${command%:*}.env.example: $name is not a setting"
        done < <(grep -oE 'LONGHAUL_[A-Z_]+' "deploy/systemd/${command%:*}.env.example" | sort -u)
    done
}

check_compose() {
    local compose
    if docker compose version >/dev/null 2>&1; then
        compose=(docker compose)
    elif command -v docker-compose >/dev/null; then
        compose=(docker-compose)
    else
        echo "deployment: Compose is not installed: the Compose file was not checked"
        return
    fi
    POSTGRES_PASSWORD=check "${compose[@]}" --profile rabbitmq --profile monitoring -f deploy/docker/compose.yaml config \
        >"$folder/compose" || fault "${compose[*]} refuses the Compose file"
}

# The Compose file and the manifests, against each other, the command and the schemas of Kubernetes. The schemas are installed
# from PyPI into .run/kubernetes once.
check_manifests() {
    local tool
    tool=$(scripts/venv.sh kubernetes kubernetes-validate==1.37.0) || {
        fault "the manifests were not checked"
        return
    }
    "$tool/bin/python" -B scripts/check_compose.py "$binary" || failed=1
    "$tool/bin/python" -B scripts/check_kubernetes.py "$binary" || failed=1
    if command -v kubectl >/dev/null; then
        kubectl kustomize deploy/kubernetes >"$folder/kustomized" || fault "kubectl refuses kustomization.yaml"
    else
        echo "deployment: kubectl is not installed: kustomization.yaml was not checked with it"
    fi
}

check_packages
check_units
check_settings
check_compose
check_manifests
scripts/check_image.py "$binary" || failed=1
promtool check config --syntax-only deploy/docker/prometheus.yml >/dev/null || fault "promtool refuses prometheus.yml"
((failed == 0)) || exit 1
