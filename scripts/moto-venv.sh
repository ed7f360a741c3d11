#!/usr/bin/env bash
# Prints the path of a Python that has moto, its server and boto3. Installs them from PyPI into .run/moto if they are
# missing. Several callers at the same time install them once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

moto=5.2.5
boto3=1.44.5
folder=$PWD/.run/moto
tool=$folder/$moto-$boto3
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [[ ! -e $tool/complete ]]; then
    scripts/bootstrap.sh python3-venv >&2
    rm -rf "$folder"/*-*
    if ! { python3 -m venv "$tool" &&
        "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "moto[s3,server]==$moto" \
            "boto3==$boto3" "botocore==$boto3" >&2; }; then
        rm -rf "$tool"
        echo "moto: cannot install moto $moto from PyPI" >&2
        exit 1
    fi
    touch "$tool/complete"
fi
echo "$tool/bin/python"
