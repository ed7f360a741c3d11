#!/usr/bin/env bash
# `make browser`: tests the dashboard in Debian's Chromium and Firefox. Screenshots of every page are in .run/screenshots.
#
#   scripts/browser-tests.sh [TEST…]    runs only these tests, such as test_live or test_live.LiveTests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/bootstrap.sh chromium chromium-driver firefox-esr fonts-noto-core python3-pip python3-selenium

# axe-core finds accessibility problems. Debian does not package it; this Python package contains the script.
axe_package=axe-playwright-python==0.1.8
export AXE_FOLDER=$PWD/.build/axe/$axe_package
if [[ ! -d $AXE_FOLDER ]]; then
    mkdir -p "$(dirname "$AXE_FOLDER")"
    fresh=$(mktemp -d "$AXE_FOLDER.XXXXXX")
    if ! /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-deps --root-user-action=ignore \
        --target "$fresh" "$axe_package"; then
        rm -rf "$fresh"
        exit 1
    fi
    mv "$fresh" "$AXE_FOLDER"
fi

rm -rf .run/screenshots
cd Tests/Browser
export PYTHONDONTWRITEBYTECODE=1
if (($# > 0)); then
    exec /usr/bin/python3 -m unittest --verbose "$@"
fi
exec /usr/bin/python3 -m unittest discover --verbose
