#!/usr/bin/python3
"""Exports the rows of a query on an SQLite database to a CSV file.

Reads the job from standard input. Its payload:

    {"database": "/absolute/path.db", "query": "SELECT …", "parameters": [], "file": "orders.csv", "gzip": false}

`parameters` and `gzip` are optional. The query can only read.
"""

import contextlib
import csv
import gzip
import hashlib
import io
import json
import os
import re
import sqlite3
import sys

ROWS_BETWEEN_PROGRESS = 5_000
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
USER_ERRORS = {"SQLITE_ERROR", "SQLITE_AUTH", "SQLITE_NOTADB", "SQLITE_RANGE", "SQLITE_MISMATCH"}
FIELDS = {"database": str, "query": str, "parameters": list, "file": str, "gzip": bool}


class BadInput(Exception):
    """The payload is invalid; another attempt would not help."""


def checked(payload):
    """Returns the payload with its defaults, or raises BadInput with the first error."""
    if not isinstance(payload, dict):
        raise BadInput("the payload is not an object")
    payload = {"parameters": [], "gzip": False, **payload}
    for name in payload.keys() - FIELDS.keys():
        raise BadInput(f"unknown field {name}")
    for name, kind in FIELDS.items():
        if not isinstance(payload.get(name), kind):
            raise BadInput(f"{name} is missing or of the wrong type")
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", payload["file"]):
        raise BadInput("file is not a plain file name")
    if not (os.path.isabs(payload["database"]) and os.path.isfile(payload["database"])):
        raise BadInput(f"no database at {payload['database']}")
    return payload


def only_reading(action, *_):
    """Allows a statement only to read: no writes, no ATTACH, no PRAGMA."""
    return sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY


def opened(path):
    """Opens the database read-only, in one transaction, so that the count and the rows agree."""
    connection = sqlite3.connect("file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
                                 + "?mode=ro", uri=True, isolation_level=None, timeout=30)
    connection.execute("BEGIN")
    connection.set_authorizer(only_reading)
    return connection


class Hashing(io.RawIOBase):
    """A file that counts and hashes the written bytes."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self):
        return True

    def write(self, data):
        self.digest.update(data)
        self.size += len(data)
        self.file.write(data)
        return len(data)

    def close(self):
        self.file.close()
        super().close()


def export(payload, path):
    """Writes the CSV file and returns the fields of the job's result."""
    with contextlib.closing(opened(payload["database"])) as connection:
        try:
            inner = payload["query"].strip().rstrip(";")
            (total,) = connection.execute(f"SELECT count(*) FROM ({inner}\n)", payload["parameters"]).fetchone()
            cursor = connection.execute(payload["query"], payload["parameters"])
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "SQLITE_ERROR") not in USER_ERRORS:
                raise  # a lock, a disk: another attempt may find it well
            raise BadInput(f"the query is refused: {error}") from error

        columns = [column[0] for column in cursor.description]
        rows = 0
        target = Hashing(path)
        with contextlib.ExitStack() as open_files:
            open_files.callback(target.close)
            # Without a timestamp the same rows give the same bytes, so attempts can be compared.
            binary = (open_files.enter_context(gzip.GzipFile("", "wb", 6, target, mtime=0))
                      if payload["gzip"] else io.BufferedWriter(target))
            text = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=False)
            writer = csv.writer(text)
            writer.writerow(columns)
            for row in cursor:
                writer.writerow(row)
                rows += 1
                if rows % ROWS_BETWEEN_PROGRESS == 0:
                    print(f"::progress {min(99, rows * 100 // total)} row {rows:,} of {total:,}", flush=True)
            text.flush()
            text.detach()
            binary.flush()
    return {"file": os.path.basename(path), "columns": columns, "rows": rows,
            "size_bytes": target.size, "sha256": target.digest.hexdigest()}


def main():
    payload = checked(json.load(sys.stdin)["payload"])
    name = payload["file"] + (".gz" if payload["gzip"] else "")
    result = export(payload, os.path.join(os.environ["LONGHAUL_ARTIFACTS"], name))
    with open(os.environ["LONGHAUL_RESULT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    print(f"{result['rows']:,} rows, {result['size_bytes']:,} bytes")
    print("::progress 100 done", flush=True)


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        print(f"bad input: {error}", file=sys.stderr)
        sys.exit(65)
