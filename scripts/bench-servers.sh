#!/usr/bin/env bash
# Servers for benchmarks; source this file. Each server has its own folder and its own socket or port, and stops when the
# script ends. Every commit of PostgreSQL is durable.
# shellcheck disable=SC2034,SC2154 # the calling script uses the addresses, and sets $repository and $longhaul

server_folder=$(mktemp -d)
server_as=()
server_stops=(longhaul_stop)
longhaul_processes=()
if [[ $(id -u) == 0 ]]; then server_as=(runuser -u postgres --); fi

servers_stop() {
    local stop
    for stop in "${server_stops[@]}"; do "$stop"; done
    rm -rf "$server_folder"
}
trap servers_stop EXIT

# postgres_start: sets $programs to the folder of its programs and $folder to the folder of its socket.
postgres_start() {
    programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
    folder=$server_folder/postgres
    mkdir "$folder"
    chmod 711 "$server_folder"
    ((${#server_as[@]} == 0)) || chown postgres "$folder"
    server_stops+=(postgres_stop)
    (
        cd /
        "${server_as[@]}" "$programs/initdb" -D "$folder/data" -U longhaul -A trust -E UTF8 --no-locale >/dev/null
        printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$folder'" 'shared_buffers = 256MB' \
            'max_wal_size = 2GB' | "${server_as[@]}" tee -a "$folder/data/postgresql.conf" >/dev/null
        "${server_as[@]}" "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w start >/dev/null
    )
}

postgres_stop() {
    (cd / && "${server_as[@]}" "$programs/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1) || true
}

# sql DATABASE [OPTION]…: psql on the server, values only.
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$folder" -U longhaul -d "$@"; }

# needs_postgres: starts the PostgreSQL server once.
needs_postgres() { [[ -n ${folder-} ]] || postgres_start; }

# url DATABASE: creates the database and prints its URL.
url() {
    sql postgres -c "CREATE DATABASE $1" >&2
    printf 'postgres://longhaul@%s/%s' "${folder//\//%2F}" "$1"
}

# free_port: prints a port that is not in use.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# redis_start: sets $redis to its address. Redis syncs its journal every second.
redis_start() {
    local port
    port=$(free_port)
    redis=redis://127.0.0.1:$port
    mkdir "$server_folder/redis"
    redis-server --port "$port" --bind 127.0.0.1 --dir "$server_folder/redis" --save '' \
        --appendonly yes --appendfsync everysec --logfile "$server_folder/redis/log" >/dev/null &
    redis_process=$!
    server_stops+=(redis_stop)
    until [[ $(redis-cli -p "$port" ping 2>/dev/null) == PONG ]]; do
        kill -0 "$redis_process" || return 1
    done
}

redis_stop() {
    kill -9 "$redis_process" 2>/dev/null || true
    wait "$redis_process" 2>/dev/null || true
}

# rabbit_start: sets $rabbit to its address.
rabbit_start() {
    local port own=$server_folder/rabbit
    port=$(free_port)
    rabbit=amqp://guest:guest@127.0.0.1:$port
    mkdir -m 700 "$own"
    printf 'listeners.tcp.1 = 127.0.0.1:%s\nlog.console = false\n' "$port" >"$own/rabbitmq.conf"
    # The server and its port mapper run in one session, so that one signal ends both.
    # shellcheck disable=SC2016 # the variable is the inner shell's
    HOME=$own RABBITMQ_NODENAME=bench$port@localhost RABBITMQ_MNESIA_BASE=$own RABBITMQ_LOG_BASE=$own \
        RABBITMQ_CONFIG_FILE=$own/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$own/plugins \
        RABBITMQ_DIST_PORT=$(free_port) ERL_EPMD_PORT=$(free_port) ERL_EPMD_ADDRESS=127.0.0.1 \
        setsid bash -c 'epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
            exec /usr/lib/rabbitmq/bin/rabbitmq-server' >"$own/output" 2>&1 &
    rabbit_session=$!
    server_stops+=(rabbit_stop)
    # A ready server answers the AMQP 0-9-1 header with a frame, whose first byte is 1.
    until rabbit_speaks "$port"; do
        kill -0 "$rabbit_session" || { cat "$own/output" >&2; return 1; }
        sleep 0.2
    done
}

rabbit_speaks() (
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'AMQP\0\0\11\1' >&3
    LC_ALL=C IFS= read -r -t 5 -N 1 -u 3 byte && [[ $byte == $'\1' ]]
)

rabbit_stop() {
    kill -9 -- "-$rabbit_session" 2>/dev/null || true
    wait "$rabbit_session" 2>/dev/null || true
}

# kafka_start: sets $kafka to the address of Tansu, a broker that speaks Kafka's protocol and keeps its data in memory.
kafka_start() {
    local port inner tansu
    tansu=$("$repository/scripts/kafka.sh")
    port=$(free_port)
    inner=$(free_port)
    kafka=kafka://127.0.0.1:$port
    "$tansu" broker --silent --listener-url "tcp://127.0.0.1:$inner" \
        --advertised-listener-url "tcp://127.0.0.1:$inner" --storage-engine memory://tansu/ \
        >"$server_folder/kafka-log" 2>&1 &
    kafka_processes=("$!")
    python3 "$repository/Tests/Kafka/front.py" "$port" "$inner" >"$server_folder/kafka-output" 2>&1 &
    kafka_processes+=("$!")
    server_stops+=(kafka_stop)
    until accepts "$inner" && accepts "$port"; do
        kill -0 "${kafka_processes[@]}" || { cat "$server_folder"/kafka-* >&2; return 1; }
        sleep 0.2
    done
}

# accepts PORT: whether a server accepts connections.
accepts() (
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1"
)

kafka_stop() {
    kill -9 "${kafka_processes[@]}" 2>/dev/null || true
    wait "${kafka_processes[@]}" 2>/dev/null || true
}

# longhaul_start NAME STORE: starts `$longhaul serve`. Sets $server to its address and $process to its process ID.
longhaul_start() {
    local own=$server_folder/$1
    mkdir "$own"
    "$longhaul" serve --listen 127.0.0.1:0 --store "${2:-sqlite:$own/longhaul.db}" --artifacts "file:$own/artifacts" \
        >"$own/output" 2>"$own/log" </dev/null &
    process=$!
    longhaul_processes+=("$process")
    until (($(wc -l <"$own/output") > 0)); do
        kill -0 "$process" || { cat "$own/log" >&2; return 1; }
        sleep 0.05
    done
    server=$(head -n 1 "$own/output" | jq -er .listening)
}

longhaul_stop() {
    # Without arguments, `wait` would wait for the other servers too.
    ((${#longhaul_processes[@]} > 0)) || return 0
    kill "${longhaul_processes[@]}" 2>/dev/null || true
    wait "${longhaul_processes[@]}" 2>/dev/null || true
    longhaul_processes=()
}
