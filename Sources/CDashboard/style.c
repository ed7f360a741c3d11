// The files of the folder `assets/style`. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char style_attempts_css[] = {
#embed "assets/style/attempts.css"
};
static const unsigned char style_base_css[] = {
#embed "assets/style/base.css"
};
static const unsigned char style_charts_css[] = {
#embed "assets/style/charts.css"
};
static const unsigned char style_controls_css[] = {
#embed "assets/style/controls.css"
};
static const unsigned char style_data_css[] = {
#embed "assets/style/data.css"
};
static const unsigned char style_job_css[] = {
#embed "assets/style/job.css"
};
static const unsigned char style_jobs_css[] = {
#embed "assets/style/jobs.css"
};
static const unsigned char style_journal_css[] = {
#embed "assets/style/journal.css"
};
static const unsigned char style_log_css[] = {
#embed "assets/style/log.css"
};
static const unsigned char style_machines_css[] = {
#embed "assets/style/machines.css"
};
static const unsigned char style_reference_css[] = {
#embed "assets/style/reference.css"
};
static const unsigned char style_shell_css[] = {
#embed "assets/style/shell.css"
};

const struct dashboard_file dashboard_style_files[] = {
    FILE_AT("style/attempts.css", style_attempts_css),
    FILE_AT("style/base.css", style_base_css),
    FILE_AT("style/charts.css", style_charts_css),
    FILE_AT("style/controls.css", style_controls_css),
    FILE_AT("style/data.css", style_data_css),
    FILE_AT("style/job.css", style_job_css),
    FILE_AT("style/jobs.css", style_jobs_css),
    FILE_AT("style/journal.css", style_journal_css),
    FILE_AT("style/log.css", style_log_css),
    FILE_AT("style/machines.css", style_machines_css),
    FILE_AT("style/reference.css", style_reference_css),
    FILE_AT("style/shell.css", style_shell_css),
};
const size_t dashboard_style_count = sizeof dashboard_style_files / sizeof *dashboard_style_files;
