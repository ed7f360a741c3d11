// The files of the page of a job, in a list of their own that `CDashboard.c` includes.

static const unsigned char lib_csv_js[] = {
#embed "assets/lib/csv.js"
};
static const unsigned char pages_related_jobs_js[] = {
#embed "assets/pages/related-jobs.js"
};
static const unsigned char parts_artifact_preview_js[] = {
#embed "assets/parts/artifact-preview.js"
};
static const unsigned char parts_attempts_js[] = {
#embed "assets/parts/attempts.js"
};
static const unsigned char parts_blocked_jobs_js[] = {
#embed "assets/parts/blocked-jobs.js"
};
static const unsigned char parts_error_details_js[] = {
#embed "assets/parts/error-details.js"
};
static const unsigned char parts_job_details_js[] = {
#embed "assets/parts/job-details.js"
};
static const unsigned char parts_log_export_js[] = {
#embed "assets/parts/log-export.js"
};
static const unsigned char parts_log_lines_js[] = {
#embed "assets/parts/log-lines.js"
};
static const unsigned char parts_log_row_js[] = {
#embed "assets/parts/log-row.js"
};
static const unsigned char parts_log_window_js[] = {
#embed "assets/parts/log-window.js"
};
static const unsigned char parts_relation_counts_js[] = {
#embed "assets/parts/relation-counts.js"
};
static const unsigned char style_attempts_css[] = {
#embed "assets/style/attempts.css"
};
static const unsigned char style_log_css[] = {
#embed "assets/style/log.css"
};

#define JOB_PAGE_FILES \
    FILE_AT("lib/csv.js", lib_csv_js), \
    FILE_AT("pages/related-jobs.js", pages_related_jobs_js), \
    FILE_AT("parts/artifact-preview.js", parts_artifact_preview_js), \
    FILE_AT("parts/attempts.js", parts_attempts_js), \
    FILE_AT("parts/blocked-jobs.js", parts_blocked_jobs_js), \
    FILE_AT("parts/error-details.js", parts_error_details_js), \
    FILE_AT("parts/job-details.js", parts_job_details_js), \
    FILE_AT("parts/log-export.js", parts_log_export_js), \
    FILE_AT("parts/log-lines.js", parts_log_lines_js), \
    FILE_AT("parts/log-row.js", parts_log_row_js), \
    FILE_AT("parts/log-window.js", parts_log_window_js), \
    FILE_AT("parts/relation-counts.js", parts_relation_counts_js), \
    FILE_AT("style/attempts.css", style_attempts_css), \
    FILE_AT("style/log.css", style_log_css)
