#ifndef REFERENCE_H
#define REFERENCE_H

#include "CDashboard.h"

/// The files of the page that describes the API.
extern const struct dashboard_file reference_files[];
extern const size_t reference_file_count;

#endif
