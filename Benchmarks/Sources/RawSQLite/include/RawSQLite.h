#ifndef RAW_SQLITE_H
#define RAW_SQLITE_H

/// Runs three statements (insert, claim, complete) for `jobs` jobs on a new database at `path` with WAL and
/// synchronous=FULL. Each transaction has one statement for `group` jobs.
///
/// Returns 0 and the seconds of each step, or the line of the first call that failed.
int raw_sqlite_run(const char *path, int jobs, int group, double seconds[3]);

/// Runs two statements (insert, update) for each of `steps` steps of processes of ten steps, on a new database at `path`
/// with WAL and synchronous=FULL. Each transaction has the statements of `group` steps.
///
/// Returns 0 and the seconds, or the line of the first call that failed.
int raw_sqlite_steps(const char *path, int steps, int group, double *seconds);

#endif
