// The tables of the embedded files: one for each folder of `assets`, in the C file of its name.

#ifndef DASHBOARD_FILES_H
#define DASHBOARD_FILES_H

#include "CDashboard.h"

/// An entry of a table.
#define FILE_AT(path, bytes) {path, bytes, sizeof bytes}

extern const struct dashboard_file dashboard_root_files[];
extern const size_t dashboard_root_count;
extern const struct dashboard_file dashboard_jobs_files[];
extern const size_t dashboard_jobs_count;
extern const struct dashboard_file dashboard_lib_files[];
extern const size_t dashboard_lib_count;
extern const struct dashboard_file dashboard_pages_files[];
extern const size_t dashboard_pages_count;
extern const struct dashboard_file dashboard_parts_files[];
extern const size_t dashboard_parts_count;
extern const struct dashboard_file dashboard_reference_files[];
extern const size_t dashboard_reference_count;
extern const struct dashboard_file dashboard_style_files[];
extern const size_t dashboard_style_count;

#endif
