#!/usr/bin/env bash
# Prints the path of a Python that has what the checks of the Python SDK need. Installs it from PyPI into .run/sdk-python if
# it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=$(scripts/venv.sh sdk-python mypy==1.18.2 typing_extensions==4.15.0 vermin==1.6.0 ruff==0.14.6 django==5.2.8 \
    fastapi==0.121.2 httpx==0.28.1 setuptools==80.9.0)
echo "$environment/bin/python"
