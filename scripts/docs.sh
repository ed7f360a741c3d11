#!/usr/bin/env bash
# `make docs`: builds one static site from docs/, the READMEs, the SDKs' pages and the decisions: .run/docs/site/index.html.
#
# MkDocs is installed from PyPI into .run/docs once. The build fails for a broken link or anchor, and for a page that loads
# anything from another host.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tool=$(scripts/venv.sh docs mkdocs==1.6.1 pymdown-extensions==10.16.1 pygments==2.19.2)
folder=$PWD/.run/docs
exec 9>"$folder/lock"
flock 9

scripts/check_links.py
rm -rf "$folder/source" "$folder/site"
scripts/docs.py stage "$folder" "$tool/bin/pygmentize"
"$tool/bin/mkdocs" build --quiet --strict --config-file "$folder/mkdocs.yml"
scripts/docs.py check "$folder/site"
