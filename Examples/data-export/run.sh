#!/usr/bin/env bash
# Exports the rows of a query to CSV, plain and compressed, and compares them with the database.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

start "$here/handlers.json5" exports=1 "$repository/.run/data-export"
database=$work/shop.db

heading "A sample database: 60,000 orders"
sqlite3 "$database" "
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, country TEXT, placed_on TEXT, cents INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
    INSERT INTO orders SELECT i, 'Customer \"' || (i % 997) || '\", Ltd', substr('FRDEITESPT', 1 + i % 5 * 2, 2),
        date('2026-01-01', (i % 300) || ' days'), 500 + i * 7919 % 20000 FROM n;"

# payload QUERY PARAMETERS FILE GZIP
payload() {
    jq -n --arg database "$database" --arg query "$1" --argjson parameters "$2" --arg file "$3" \
        --argjson gzip "$4" '{$database, $query, $parameters, $file, $gzip}'
}

# compare NAME FILE WHERE: checks the CSV on standard input against the database.
compare() {
    local rows sum
    read -r rows sum < <(/usr/bin/python3 -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
print(len(rows), sum(int(row["cents"]) for row in rows))')
    check "$1: rows" "$rows" "$(sqlite3 "$database" "SELECT count(*) FROM orders WHERE $2")"
    check "$1: sum of cents" "$sum" "$(sqlite3 "$database" "SELECT sum(cents) FROM orders WHERE $2")"
    check "$1: rows in the result" "$(jq .result.rows <<<"$ended")" "$rows"
}

heading "Every order"
id=$(submit data.export "$(payload 'SELECT * FROM orders ORDER BY id' '[]' orders.csv false)" --queue exports)
follow "$id"
show_log "$id"
download "$id" all
compare orders.csv 1 <"$results/all/orders.csv"
check "sha256 in the result" "$(jq -r .result.sha256 <<<"$ended")" \
    "$(sha256sum "$results/all/orders.csv" | cut -d ' ' -f 1)"

heading "The orders from France, with a parameter, compressed"
id=$(submit data.export "$(payload 'SELECT id, cents FROM orders WHERE country = ?' '["FR"]' france.csv true)" \
    --queue exports)
follow "$id"
download "$id" france
compare france.csv.gz "country = 'FR'" < <(gzip -dc "$results/france/france.csv.gz")

heading "A query that writes is refused, and not retried"
id=$(submit data.export "$(payload 'DELETE FROM orders' '[]' none.csv false)" --queue exports)
follow "$id"
check "state" "$(state)" failed
check "orders still there" "$(sqlite3 "$database" 'SELECT count(*) FROM orders')" 60000

finish
