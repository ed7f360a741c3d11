#!/usr/bin/env bash
# `make docs`: builds one static site from docs/, the READMEs, the SDKs' pages and the decisions: .run/docs/site/index.html.
#
# MkDocs is installed from PyPI into .run/docs once. The build fails for a broken link or anchor, and for a page that loads
# anything from another host.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(mkdocs==1.6.1 pymdown-extensions==10.16.1 pygments==2.19.2)
folder=$PWD/.run/docs
tool=$folder/$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-12)
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [[ ! -e $tool/complete ]]; then
    scripts/bootstrap.sh python3-venv
    rm -rf "${folder:?}"/????????????
    if ! { python3 -m venv "$tool" &&
        "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}"; }; then
        rm -rf "$tool"
        echo "docs: cannot install ${packages[*]} from PyPI" >&2
        exit 1
    fi
    touch "$tool/complete"
fi

scripts/check_links.py
rm -rf "$folder/source" "$folder/site"
scripts/docs.py stage "$folder" "$tool/bin/pygmentize"
"$tool/bin/mkdocs" build --quiet --strict --config-file "$folder/mkdocs.yml"
scripts/docs.py check "$folder/site"
