# The test of the wheel: install it without a network, run a job of the command and one of the SDK, remove it.
# shellcheck shell=bash source-path=SCRIPTDIR source=lib.sh
. /test/lib.sh

python3 -m venv /opt/venv
PATH=/opt/venv/bin:$PATH
pip install --quiet --no-index /packages/longhaul-*.whl
place=$(python -c 'import longhaul, pathlib; print(pathlib.Path(longhaul.__file__).parent)')

# Only libraries of every Linux system come from outside of the wheel.
check_libraries "$place/bin/longhaul"
outside=$(ldd "$place/bin/longhaul" | awk '$2 == "=>" { print $3 }' | grep -v "^${place%/*}/" | sed 's|.*/||' | sort | xargs)
check "libraries of the system" "$outside" \
    "libc.so.6 libexpat.so.1 libgcc_s.so.1 libm.so.6 libresolv.so.2 libstdc++.so.6 libz.so.1"
information=$(echo "${place%/*}"/longhaul-*.dist-info)
for name in LICENSE THIRD-PARTY LIBRARIES libssl3 libcurl4 common-licenses/LGPL-2.1; do
    [[ -s $information/licenses/$name ]] || check "licence $name" missing present
done
check "version" "$(longhaul version)" "longhaul $(pip show longhaul | sed -n 's/^Version: //p')"

make_handlers
mkdir /srv/data
cd /srv/data || exit
start longhaul up --handlers /srv/handlers.json5
run_greeting

# The SDK in the same wheel, with a worker of its own.
cat >tasks.py <<'PYTHON'
from longhaul import Longhaul

app = Longhaul()


@app.job("test.add", queue="python")
def add(a: int, b: int) -> int:
    return a + b


if __name__ == "__main__":
    print(add.delay(2, b=3).result(timeout=60))
PYTHON
longhaul-worker tasks:app >/tmp/worker.log 2>&1 &
worker=$!
check "result of the SDK" "$(python tasks.py)" 5
stop "$worker"
stop "$server"

pip uninstall --quiet --yes longhaul
check "files after the removal" "$(find "${place%/*}" -name 'longhaul*')" ""
