#!/usr/bin/env bash
# Prints the path of a Python that has what the checks of the Python SDK need. Installs it from PyPI into .run/sdk-python if
# it is missing. Several callers at the same time install it once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(mypy==1.18.2 typing_extensions==4.15.0 vermin==1.6.0 ruff==0.14.6 django==5.2.8 fastapi==0.121.2
    httpx==0.28.1 setuptools==80.9.0)
folder=$PWD/.run/sdk-python
tool=$folder/$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-12)
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [[ ! -e $tool/complete ]]; then
    scripts/bootstrap.sh python3-venv >&2
    rm -rf "${folder:?}"/????????????
    if ! { python3 -m venv "$tool" &&
        "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}" >&2; }; then
        rm -rf "$tool"
        echo "sdk-python: cannot install ${packages[*]} from PyPI" >&2
        exit 1
    fi
    touch "$tool/complete"
fi
echo "$tool/bin/python"
