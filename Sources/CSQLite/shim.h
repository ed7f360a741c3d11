#ifndef LONGHAUL_CSQLITE_SHIM_H
#define LONGHAUL_CSQLITE_SHIM_H

#include <sqlite3.h>

/// Turns off SQLite's memory statistics, which take a lock of the whole process at every allocation. Call it before
/// SQLite is used; later it does nothing and returns SQLITE_MISUSE.
static inline int longhaul_sqlite_leave_memory_uncounted(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// Gives a connection `count` slots of `size` bytes for small allocations, before it prepares a statement.
static inline int longhaul_sqlite_set_lookaside(sqlite3 *database, int size, int count) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_LOOKASIDE, (void *)0, size, count);
}

/// Sets whether a connection leaves the write-ahead log alone when it closes as the last one.
static inline int longhaul_sqlite_leave_log_at_close(sqlite3 *database, int leaves) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leaves, (int *)0);
}

/// The size of a connection's write-ahead log, in bytes; -1 if the log is not open.
static inline sqlite3_int64 longhaul_sqlite_log_size(sqlite3 *database) {
    sqlite3_file *log = 0;
    sqlite3_int64 size = -1;
    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK) return -1;
    if (!log || !log->pMethods || log->pMethods->xFileSize(log, &size) != SQLITE_OK) return -1;
    return size;
}

/// Writes a connection's write-ahead log again, unchanged, and syncs it. Returns SQLite's result code.
static inline int longhaul_sqlite_rewrite_log(sqlite3 *database) {
    sqlite3_file *log = 0;
    sqlite3_int64 size = 0;
    char part[1 << 16];
    int code = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (code != SQLITE_OK || !log || !log->pMethods) return code;
    code = log->pMethods->xFileSize(log, &size);
    for (sqlite3_int64 offset = 0; code == SQLITE_OK && offset < size; offset += (sqlite3_int64)sizeof part) {
        int length = size - offset < (sqlite3_int64)sizeof part ? (int)(size - offset) : (int)sizeof part;
        code = log->pMethods->xRead(log, part, length, offset);
        if (code == SQLITE_OK) code = log->pMethods->xWrite(log, part, length, offset);
    }
    if (code == SQLITE_OK && size > 0) code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    return code;
}

#endif
