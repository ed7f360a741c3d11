// The files of the folder `assets/jobs`. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char jobs_bulk_js[] = {
#embed "assets/jobs/bulk.js"
};
static const unsigned char jobs_columns_js[] = {
#embed "assets/jobs/columns.js"
};
static const unsigned char jobs_curl_js[] = {
#embed "assets/jobs/curl.js"
};
static const unsigned char jobs_filter_js[] = {
#embed "assets/jobs/filter.js"
};
static const unsigned char jobs_job_actions_js[] = {
#embed "assets/jobs/job-actions.js"
};
static const unsigned char jobs_job_form_js[] = {
#embed "assets/jobs/job-form.js"
};
static const unsigned char jobs_known_names_js[] = {
#embed "assets/jobs/known-names.js"
};
static const unsigned char jobs_large_values_js[] = {
#embed "assets/jobs/large-values.js"
};
static const unsigned char jobs_menu_js[] = {
#embed "assets/jobs/menu.js"
};
static const unsigned char jobs_saved_filters_js[] = {
#embed "assets/jobs/saved-filters.js"
};
static const unsigned char jobs_search_box_js[] = {
#embed "assets/jobs/search-box.js"
};
static const unsigned char jobs_search_more_js[] = {
#embed "assets/jobs/search-more.js"
};
static const unsigned char jobs_selection_js[] = {
#embed "assets/jobs/selection.js"
};
static const unsigned char jobs_submit_js[] = {
#embed "assets/jobs/submit.js"
};

const struct dashboard_file dashboard_jobs_files[] = {
    FILE_AT("jobs/bulk.js", jobs_bulk_js),
    FILE_AT("jobs/columns.js", jobs_columns_js),
    FILE_AT("jobs/curl.js", jobs_curl_js),
    FILE_AT("jobs/filter.js", jobs_filter_js),
    FILE_AT("jobs/job-actions.js", jobs_job_actions_js),
    FILE_AT("jobs/job-form.js", jobs_job_form_js),
    FILE_AT("jobs/known-names.js", jobs_known_names_js),
    FILE_AT("jobs/large-values.js", jobs_large_values_js),
    FILE_AT("jobs/menu.js", jobs_menu_js),
    FILE_AT("jobs/saved-filters.js", jobs_saved_filters_js),
    FILE_AT("jobs/search-box.js", jobs_search_box_js),
    FILE_AT("jobs/search-more.js", jobs_search_more_js),
    FILE_AT("jobs/selection.js", jobs_selection_js),
    FILE_AT("jobs/submit.js", jobs_submit_js),
};
const size_t dashboard_jobs_count = sizeof dashboard_jobs_files / sizeof *dashboard_jobs_files;
