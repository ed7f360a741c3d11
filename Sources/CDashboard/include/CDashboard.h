// The dashboard's files, embedded in the binary.

#ifndef CDASHBOARD_H
#define CDASHBOARD_H

#include <stddef.h>

/// One file.
struct dashboard_file {
    /// Its path below `assets/`.
    const char *path;
    /// What it holds; lives as long as the program.
    const unsigned char *bytes;
    /// How many bytes that is.
    size_t length;
};

/// How many files there are.
size_t dashboard_file_count(void);

/// The file at this place, which must be below the count.
struct dashboard_file dashboard_file_at(size_t place);

#endif
