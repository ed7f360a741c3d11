# The test of the tarball: unpack, install the libraries that it lists, run a job, start again.
# shellcheck shell=bash source-path=SCRIPTDIR source=lib.sh
. /test/lib.sh

# As docs/deployment.md says.
tar -xzf /packages/longhaul-*-linux-*.tar.gz -C /usr/local --strip-components=1
quietly xargs -a /usr/local/share/doc/longhaul/debian-packages apt-get install -y --no-install-recommends

check_libraries /usr/local/bin/longhaul
version=$(longhaul version)
check "name of the tarball" "$(echo /packages/*.tar.gz)" "/packages/longhaul-${version#* }-linux-$(uname -m).tar.gz"
check "owner of the files" "$(tar -tvzf /packages/*.tar.gz --numeric-owner | awk '{print $2}' | sort -u)" 0/0
bash -n /usr/local/share/bash-completion/completions/longhaul
for file in zsh/site-functions/_longhaul fish/vendor_completions.d/longhaul.fish doc/longhaul/LICENSE doc/longhaul/README.md \
    doc/longhaul/THIRD-PARTY; do
    [[ -s /usr/local/share/$file ]] || check "$file" missing present
done
zcat /usr/local/share/man/man1/longhaul.1.gz | grep '^\.TH LONGHAUL 1' >/dev/null
grep -q '^ExecStart=/usr/local/bin/longhaul serve' /usr/local/lib/systemd/system/longhaul-server.service

make_handlers
mkdir /srv/data
cd /srv/data || exit
start longhaul up --handlers /srv/handlers.json5
run_greeting
stop "$server"
# The job is there after a restart.
start longhaul up --handlers /srv/handlers.json5
check "jobs after a restart" "$(longhaul list --state completed --json | grep -c test.greet)" 1
stop "$server"
