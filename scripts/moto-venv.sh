#!/usr/bin/env bash
# Prints the path of a Python that has moto, its server and boto3. Installs them from PyPI into .run/moto if they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=$(scripts/venv.sh moto 'moto[s3,server]==5.2.5' boto3==1.44.5 botocore==1.44.5)
echo "$environment/bin/python"
