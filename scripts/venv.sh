#!/usr/bin/env bash
# Prints the folder of a virtual environment of Python that has the given packages. Installs them from PyPI into .run/NAME if they
# are missing. Several callers at the same time install them once.
#
#   scripts/venv.sh NAME PACKAGE…    for example scripts/venv.sh moto moto==5.2.5
#
# VENV_PYTHON is the interpreter, by default python3. Other packages or versions, another interpreter, or a checkout that was moved
# replace the environment of the name. Other files in .run/NAME stay.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=$1
shift
python=${VENV_PYTHON:-python3}
folder=$PWD/.run/$name
version=$("$python" --version 2>/dev/null) || version=none
# Programs in an environment contain its path.
environment=$folder/$(printf '%s\n' "$PWD" "$version" "$@" | sha256sum | cut -c1-12)
mkdir -p "$folder"
exec 9>"$folder/venv.lock"
flock 9
if [[ ! -e $environment/complete ]]; then
    scripts/bootstrap.sh python3-venv >&2
    for old in "$folder"/*/pyvenv.cfg; do rm -rf "${old%/pyvenv.cfg}"; done
    if ! { "$python" -m venv "$environment" &&
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; } >&2; then
        rm -rf "$environment"
        echo "$name: cannot install $* from PyPI" >&2
        exit 1
    fi
    touch "$environment/complete"
fi
echo "$environment"
