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

#endif
