# The test of the Debian package: install, run jobs, upgrade, remove, purge.
# shellcheck shell=bash source-path=SCRIPTDIR source=lib.sh
. /test/lib.sh
units=/lib/systemd/system
package=$(echo /packages/longhaul_*.deb)

# run_unit NAME INSTANCE LOG: runs a service as systemd would: with the user, the folders and the settings of the unit. Sets
# `process`.
run_unit() {
    local file=$units/$1 user directory
    value() { sed -n "s/^$1=//p" "$file" | sed "s/%i/$instance/g; s/%H/clean/g"; }
    local instance=$2
    user=$(value User)
    directory=$(value StateDirectory)
    install -d -o "$user" -g "$(value Group)" -m "$(value StateDirectoryMode)" "/var/lib/$directory"
    # shellcheck disable=SC2046 # words of the unit and of the settings
    (cd "$(value WorkingDirectory)" && exec setpriv --reuid "$user" --regid "$(value Group)" --init-groups \
        env -i PATH="$PATH" LANG="$LANG" $(grep -E '^[A-Z]' "$(value EnvironmentFile)") $(value ExecStart)) >"$3" 2>&1 &
    process=$!
}

start_services() {
    run_unit longhaul-server.service "" /tmp/server.log
    server=$process
    await_server
    run_unit longhaul-worker@.service default /tmp/worker.log
    worker=$process
}

stop_services() {
    stop "$worker"
    stop "$server"
}

# A newer version of the package, with one more line in each file of settings.
make_newer() {
    dpkg-deb -R "$package" /tmp/newer
    sed -i 's/^Version: .*/&+newer/' /tmp/newer/DEBIAN/control
    sed -i '$a# newer' /tmp/newer/etc/longhaul/*.env
    dpkg-deb -Znone --root-owner-group --build /tmp/newer /tmp/newer.deb >/dev/null
}

# Installation.
quietly apt-get install -y --no-install-recommends "$package"
check_libraries /usr/bin/longhaul
check "version" "$(longhaul version)" "longhaul $(dpkg-query -W -f '${Version}' longhaul | sed 's/-[^-]*$//')"
check "home of the user" "$(getent passwd longhaul | cut -d: -f6)" /var/lib/longhaul
[[ -L /etc/systemd/system/multi-user.target.wants/longhaul-server.service ]] || check "server" disabled enabled
check "mode of the settings" "$(stat -c '%a %U' /etc/longhaul/server.env)" "640 root"
quietly systemd-analyze verify --man=no "$units/longhaul-server.service" "$units/longhaul-worker@.service"
quietly dpkg --verify longhaul

# A job with the handlers of the package, then with one of the administrator's.
start_services
quietly longhaul submit demo.echo --payload '{"text": "hello"}' --wait
stop "$worker"
make_handlers
cp /srv/handlers.json5 /etc/longhaul/handlers.json5
run_unit longhaul-worker@.service default /tmp/worker.log
worker=$process
run_greeting
stop_services

# An upgrade keeps the jobs and the administrator's settings, and replaces unchanged settings.
echo LONGHAUL_MAX_DEPTH=5000 >>/etc/longhaul/server.env
make_newer
quietly apt-get install -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold /tmp/newer.deb
check "changed settings" "$(tail -n 1 /etc/longhaul/server.env)" LONGHAUL_MAX_DEPTH=5000
check "unchanged settings" "$(tail -n 1 /etc/longhaul/worker-default.env)" "# newer"
start_services
check "jobs after the upgrade" "$(longhaul list --state completed --json | grep -o '"kind"' | wc -l)" 2
run_greeting
stop_services

# Removal keeps the settings, purge the jobs only.
quietly apt-get remove -y longhaul
[[ ! -e /usr/bin/longhaul && -e /etc/longhaul/server.env ]] || check "after the removal" "other files" "the settings only"
apt-get purge -y longhaul >/tmp/output 2>&1
grep -q 'longhaul: kept the user longhaul and its files. To remove them: rm -r /var/lib/longhaul' /tmp/output || {
    cat /tmp/output >&2
    check "message of the purge" missing present
}
[[ -s /var/lib/longhaul/longhaul.db ]] || check "jobs after the purge" lost kept
left=$(find / -xdev -name '*longhaul*' -not -path '/proc/*' -not -path '/var/lib/longhaul*' -not -path '/var/log/*' \
    -not -path '/tmp/*' -not -path '/packages/*')
check "files after the purge" "$left" ""

# A purge without jobs leaves no folder.
rm -r /var/lib/longhaul
quietly dpkg -i "$package"
quietly dpkg --purge longhaul
[[ ! -e /etc/longhaul && ! -e /var/lib/longhaul ]] || check "folders after the purge" left removed
