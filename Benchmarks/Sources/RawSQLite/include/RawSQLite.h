#ifndef RAW_SQLITE_H
#define RAW_SQLITE_H

/// Puts `jobs` jobs through the three statements of a job's life (insert, claim, complete), each statement for
/// `group` jobs in one transaction, on a new database at `path` with WAL and synchronous=FULL.
///
/// Answers 0 and the seconds that each step took, or the line of the first call that failed.
int raw_sqlite_run(const char *path, int jobs, int group, double seconds[3]);

#endif
