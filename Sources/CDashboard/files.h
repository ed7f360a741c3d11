// The tables of the embedded files. Each C file of this folder has one.

#ifndef DASHBOARD_FILES_H
#define DASHBOARD_FILES_H

#include "CDashboard.h"

/// An entry of a table.
#define FILE_AT(path, bytes) {path, bytes, sizeof bytes}

extern const struct dashboard_file dashboard_activity_files[];
extern const size_t dashboard_activity_file_count;

#endif
