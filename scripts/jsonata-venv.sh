#!/usr/bin/env bash
# Prints the path of a Python that has jsonata-python. Installs it from PyPI into .run/jsonata if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=$(scripts/venv.sh jsonata jsonata-python==0.7.1)
echo "$environment/bin/python"
