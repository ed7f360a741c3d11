// The files of the page that describes the API. See CDashboard.c.

#include "Reference.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char reference_html[] = {
#embed "assets/reference.html"
};
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
static const unsigned char style_reference_css[] = {
#embed "assets/style/reference.css"
};

#define FILE_AT(path, bytes) {path, bytes, sizeof bytes}

const struct dashboard_file reference_files[] = {
    FILE_AT("reference.html", reference_html),
    FILE_AT("reference/curl.js", reference_curl_js),
    FILE_AT("reference/model.js", reference_model_js),
    FILE_AT("reference/page.js", reference_page_js),
    FILE_AT("reference/schema.js", reference_schema_js),
    FILE_AT("reference/sidebar.js", reference_sidebar_js),
    FILE_AT("style/reference.css", style_reference_css),
};

const size_t reference_file_count = sizeof reference_files / sizeof *reference_files;
