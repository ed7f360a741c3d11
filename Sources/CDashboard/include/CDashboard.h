// The dashboard's files, embedded in the binary.

#ifndef CDASHBOARD_H
#define CDASHBOARD_H

#include <stddef.h>

/// One file.
struct dashboard_file {
    /// Its path below `assets/`.
    const char *path;
    /// The content; valid for the lifetime of the program.
    const unsigned char *bytes;
    /// The length of the content in bytes.
    size_t length;
};

/// The number of files.
size_t dashboard_file_count(void);

/// The file at this index, which must be below the count.
struct dashboard_file dashboard_file_at(size_t place);

#endif
