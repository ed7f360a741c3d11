#include "RawSQLite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// The upper limit of any job system over SQLite: only the statements, without job logic, threads and answers.

#define CHECK(call, expected)                                                                                  \
    do {                                                                                                       \
        if ((call) != (expected)) {                                                                            \
            fprintf(stderr, "raw sqlite, line %d: %s\n", __LINE__, sqlite3_errmsg(db));                        \
            return __LINE__;                                                                                   \
        }                                                                                                      \
    } while (0)

static double now(void) {
    struct timespec value;
    clock_gettime(CLOCK_MONOTONIC, &value);
    return (double)value.tv_sec + (double)value.tv_nsec / 1e9;
}

static const char *const schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE jobs (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, state INTEGER NOT NULL,"
    " queue TEXT NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL, payload TEXT NOT NULL,"
    " fence INTEGER NOT NULL DEFAULT 0, lease_expires_at INTEGER, finished_at INTEGER, result TEXT) STRICT;"
    "CREATE INDEX pending ON jobs (queue, kind, priority DESC, seq) WHERE state = 1;";

static const char *const statements[3] = {
    "INSERT INTO jobs (seq, id, state, queue, kind, priority, payload)"
    " VALUES (?1, ?2, 1, 'default', 'noop', 5, '{\"n\":1}')",
    "UPDATE jobs SET state = 2, fence = fence + 1, lease_expires_at = ?1 WHERE seq = ?1 AND state = 1",
    "UPDATE jobs SET state = 3, finished_at = ?1, result = 'null' WHERE seq = ?1 AND state = 2 AND fence = 1",
};

static int run_step(sqlite3 *db, int step, int jobs, int group) {
    sqlite3_stmt *statement;
    CHECK(sqlite3_prepare_v2(db, statements[step], -1, &statement, NULL), SQLITE_OK);
    for (int first = 0; first < jobs; first += group) {
        CHECK(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
        for (int job = first; job < jobs && job < first + group; job++) {
            unsigned char id[16] = {0};
            memcpy(id, &(int){__builtin_bswap32((unsigned)job)}, 4);
            CHECK(sqlite3_bind_int64(statement, 1, job + 1), SQLITE_OK);
            if (step == 0) CHECK(sqlite3_bind_blob(statement, 2, id, 16, SQLITE_TRANSIENT), SQLITE_OK);
            CHECK(sqlite3_step(statement), SQLITE_DONE);
            CHECK(sqlite3_reset(statement), SQLITE_OK);
        }
        CHECK(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    }
    CHECK(sqlite3_finalize(statement), SQLITE_OK);
    return 0;
}

int raw_sqlite_run(const char *path, int jobs, int group, double seconds[3]) {
    // As in Longhaul: memory statistics cost a lock in each call.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3 *db;
    if (sqlite3_open(path, &db) != SQLITE_OK) return __LINE__;
    CHECK(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    for (int step = 0; step < 3; step++) {
        double start = now();
        int error = run_step(db, step, jobs, group);
        if (error != 0) return error;
        seconds[step] = now() - start;
    }
    return sqlite3_close(db) == SQLITE_OK ? 0 : __LINE__;
}

static const char *const steps_schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE operations (job INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,"
    " status INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER, output TEXT,"
    " PRIMARY KEY (job, number)) STRICT, WITHOUT ROWID;";

static int run_steps(sqlite3 *db, int steps, int group) {
    sqlite3_stmt *insert, *update;
    CHECK(
        sqlite3_prepare_v2(
            db, "INSERT INTO operations (job, number, name, status, started_at) VALUES (?1, ?2, 'add', 1, ?1)", -1,
            &insert, NULL),
        SQLITE_OK);
    CHECK(
        sqlite3_prepare_v2(
            db, "UPDATE operations SET status = 3, ended_at = ?1, output = '1' WHERE job = ?1 AND number = ?2", -1,
            &update, NULL),
        SQLITE_OK);
    sqlite3_stmt *const both[2] = {insert, update};
    for (int first = 0; first < steps; first += group) {
        CHECK(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
        for (int step = first; step < steps && step < first + group; step++) {
            for (int index = 0; index < 2; index++) {
                CHECK(sqlite3_bind_int(both[index], 1, step / 10), SQLITE_OK);
                CHECK(sqlite3_bind_int(both[index], 2, step % 10), SQLITE_OK);
                CHECK(sqlite3_step(both[index]), SQLITE_DONE);
                CHECK(sqlite3_reset(both[index]), SQLITE_OK);
            }
        }
        CHECK(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    }
    CHECK(sqlite3_finalize(insert), SQLITE_OK);
    CHECK(sqlite3_finalize(update), SQLITE_OK);
    return 0;
}

int raw_sqlite_steps(const char *path, int steps, int group, double *seconds) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3 *db;
    if (sqlite3_open(path, &db) != SQLITE_OK) return __LINE__;
    CHECK(sqlite3_exec(db, steps_schema, NULL, NULL, NULL), SQLITE_OK);
    double start = now();
    int error = run_steps(db, steps, group);
    if (error != 0) return error;
    *seconds = now() - start;
    return sqlite3_close(db) == SQLITE_OK ? 0 : __LINE__;
}
