// The dashboard's files, embedded with C23's #embed, which clang supports in every mode. SwiftPM's `.embedInCode` generates
// array literals that the Swift compiler needs a minute for at 150 KB, and files of the same name in two folders collide.
// #embed takes no time, and the compiler tracks the files as dependencies.
//
// Add a new file in two places of the C file of its folder; a test fails if one is missing. Add a new folder here and in files.h.

#include "files.h"

static const struct {
    const struct dashboard_file *files;
    const size_t *count;
} tables[] = {
    {dashboard_root_files, &dashboard_root_count},
    {dashboard_jobs_files, &dashboard_jobs_count},
    {dashboard_lib_files, &dashboard_lib_count},
    {dashboard_pages_files, &dashboard_pages_count},
    {dashboard_parts_files, &dashboard_parts_count},
    {dashboard_reference_files, &dashboard_reference_count},
    {dashboard_style_files, &dashboard_style_count},
};

static const size_t table_count = sizeof tables / sizeof *tables;

size_t dashboard_file_count(void) {
    size_t count = 0;
    for (size_t table = 0; table < table_count; table++) count += *tables[table].count;
    return count;
}

struct dashboard_file dashboard_file_at(size_t place) {
    size_t table = 0;
    while (place >= *tables[table].count) place -= *tables[table++].count;
    return tables[table].files[place];
}
