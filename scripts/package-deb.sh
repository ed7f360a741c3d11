#!/usr/bin/env bash
# Builds the Debian package of a binary, and prints its path.
#
#   scripts/package-deb.sh BINARY OUTPUT-FOLDER
#
# DEBFULLNAME and DEBEMAIL name the maintainer, as for Debian's own tools. SOURCE_DATE_EPOCH is the date of all files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$1 output=$2
version=$(scripts/version.sh)-1
architecture=$(dpkg --print-architecture)
maintainer="${DEBFULLNAME:-Longhaul maintainers} <${DEBEMAIL:-longhaul@packages.invalid}>"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
# The folders of a source package, in which dpkg-shlibdeps looks for the name of the package.
root=$work/debian/longhaul
mkdir -p "$root/DEBIAN"
printf 'Source: longhaul\n\nPackage: longhaul\nArchitecture: any\n' >"$work/debian/control"

write() { install -D -m "${2-644}" /dev/stdin "$root/$1"; }

scripts/package-root.sh "$binary" "$root/usr" /usr

# Debian's places of some files.
mkdir -p "$root/lib" "$root/usr/share/zsh/vendor-completions"
mv "$root/usr/lib/systemd" "$root/lib/systemd"
mv "$root/usr/share/zsh/site-functions/_longhaul" "$root/usr/share/zsh/vendor-completions/"
rmdir "$root/usr/share/zsh/site-functions"
documents=$root/usr/share/doc/longhaul
rm "$documents/LICENSE" "$documents/debian-packages"
install -m 644 deploy/packages/debian/copyright "$documents/copyright"
gzip -9n <"$documents/CHANGELOG.md" | write usr/share/doc/longhaul/changelog.gz
rm "$documents/CHANGELOG.md"
gzip -9n <<TEXT | write usr/share/doc/longhaul/changelog.Debian.gz
longhaul ($version) unstable; urgency=medium

  * Version ${version%-*}; changelog.gz has the changes.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
TEXT
install -D -m 644 deploy/packages/debian/lintian-overrides "$root/usr/share/lintian/overrides/longhaul"

# The settings. They may contain passwords; systemd reads them as root.
install -D -m 640 deploy/systemd/server.env.example "$root/etc/longhaul/server.env"
install -D -m 640 deploy/systemd/worker.env.example "$root/etc/longhaul/worker-default.env"
install -D -m 644 deploy/systemd/handlers.json5.example "$root/etc/longhaul/handlers.json5"

depends=$(cd "$work" && dpkg-shlibdeps -O -e debian/longhaul/usr/bin/longhaul | sed -n 's/^shlibs:Depends=//p')
size=$(du -sk --apparent-size --exclude DEBIAN "$root" | cut -f1)
sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@MAINTAINER@|$maintainer|" \
    -e "s|@SIZE@|$size|" -e "s|@DEPENDS@|$depends|" deploy/packages/debian/control.in | write DEBIAN/control
for script in postinst prerm postrm; do install -m 755 "deploy/packages/debian/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find etc -type f -printf '/%p\n') | sort | write DEBIAN/conffiles
(cd "$root" && find . -type f -not -path './DEBIAN/*' -not -path './etc/*' -printf '%P\n' | sort | xargs -d '\n' md5sum) |
    write DEBIAN/md5sums

find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
package=$output/longhaul_${version}_$architecture.deb
dpkg-deb --root-owner-group --threads-max=1 -Zxz -z6 --build "$root" "$package" >/dev/null
echo "$package"
