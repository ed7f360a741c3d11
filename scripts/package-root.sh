#!/usr/bin/env bash
# Places the files of a package below a folder: the binary, completions, the manual page, the systemd units, the licences and
# examples of the settings.
#
#   scripts/package-root.sh BINARY FOLDER PREFIX    PREFIX is where users unpack the folder: /usr or /usr/local
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$1 folder=$2 prefix=$3

place() { install -D -m "${3-644}" "$1" "$folder/$2"; }
write() { install -D -m 644 /dev/stdin "$folder/$1"; }

place "$binary" bin/longhaul 755
"$binary" help --man | gzip -9n | write share/man/man1/longhaul.1.gz
"$binary" completion bash | write share/bash-completion/completions/longhaul
"$binary" completion zsh | write share/zsh/site-functions/_longhaul
"$binary" completion fish | write share/fish/vendor_completions.d/longhaul.fish

for unit in longhaul-server.service longhaul-worker@.service; do
    sed "s|/usr/local/bin/longhaul|$prefix/bin/longhaul|" "deploy/systemd/$unit" | write "lib/systemd/system/$unit"
done
place deploy/systemd/longhaul.sysusers.conf lib/sysusers.d/longhaul.conf

for file in README.md CHANGELOG.md LICENSE deploy/packages/THIRD-PARTY; do
    place "$file" "share/doc/longhaul/${file##*/}"
done
for file in server.env worker.env handlers.json5; do
    place "deploy/systemd/$file.example" "share/doc/longhaul/examples/$file"
done
{
    scripts/linked-packages.sh "$binary"
    printf '%s\n' ca-certificates tzdata
} | sort | write share/doc/longhaul/debian-packages
