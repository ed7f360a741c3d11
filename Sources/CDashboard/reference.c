// The files of the folder `assets/reference`. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char reference_curl_js[] = {
#embed "assets/reference/curl.js"
};
static const unsigned char reference_model_js[] = {
#embed "assets/reference/model.js"
};
static const unsigned char reference_page_js[] = {
#embed "assets/reference/page.js"
};
static const unsigned char reference_schema_js[] = {
#embed "assets/reference/schema.js"
};
static const unsigned char reference_sidebar_js[] = {
#embed "assets/reference/sidebar.js"
};

const struct dashboard_file dashboard_reference_files[] = {
    FILE_AT("reference/curl.js", reference_curl_js),
    FILE_AT("reference/model.js", reference_model_js),
    FILE_AT("reference/page.js", reference_page_js),
    FILE_AT("reference/schema.js", reference_schema_js),
    FILE_AT("reference/sidebar.js", reference_sidebar_js),
};
const size_t dashboard_reference_count = sizeof dashboard_reference_files / sizeof *dashboard_reference_files;
