// The files of the top of `assets`. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char app_js[] = {
#embed "assets/app.js"
};
static const unsigned char early_js[] = {
#embed "assets/early.js"
};
static const unsigned char favicon_svg[] = {
#embed "assets/favicon.svg"
};
static const unsigned char index_html[] = {
#embed "assets/index.html"
};
static const unsigned char reference_html[] = {
#embed "assets/reference.html"
};

const struct dashboard_file dashboard_root_files[] = {
    FILE_AT("app.js", app_js),
    FILE_AT("early.js", early_js),
    FILE_AT("favicon.svg", favicon_svg),
    FILE_AT("index.html", index_html),
    FILE_AT("reference.html", reference_html),
};
const size_t dashboard_root_count = sizeof dashboard_root_files / sizeof *dashboard_root_files;
