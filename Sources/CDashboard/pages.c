// The files of the folder `assets/pages`. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char pages_audit_js[] = {
#embed "assets/pages/audit.js"
};
static const unsigned char pages_dead_letters_js[] = {
#embed "assets/pages/dead-letters.js"
};
static const unsigned char pages_execution_js[] = {
#embed "assets/pages/execution.js"
};
static const unsigned char pages_job_js[] = {
#embed "assets/pages/job.js"
};
static const unsigned char pages_jobs_js[] = {
#embed "assets/pages/jobs.js"
};
static const unsigned char pages_kind_js[] = {
#embed "assets/pages/kind.js"
};
static const unsigned char pages_not_found_js[] = {
#embed "assets/pages/not-found.js"
};
static const unsigned char pages_overview_js[] = {
#embed "assets/pages/overview.js"
};
static const unsigned char pages_queue_js[] = {
#embed "assets/pages/queue.js"
};
static const unsigned char pages_related_jobs_js[] = {
#embed "assets/pages/related-jobs.js"
};
static const unsigned char pages_schedule_js[] = {
#embed "assets/pages/schedule.js"
};
static const unsigned char pages_schedules_js[] = {
#embed "assets/pages/schedules.js"
};
static const unsigned char pages_sign_in_js[] = {
#embed "assets/pages/sign-in.js"
};
static const unsigned char pages_state_machine_edit_js[] = {
#embed "assets/pages/state-machine-edit.js"
};
static const unsigned char pages_state_machine_js[] = {
#embed "assets/pages/state-machine.js"
};
static const unsigned char pages_state_machines_js[] = {
#embed "assets/pages/state-machines.js"
};
static const unsigned char pages_worker_js[] = {
#embed "assets/pages/worker.js"
};
static const unsigned char pages_workers_js[] = {
#embed "assets/pages/workers.js"
};

const struct dashboard_file dashboard_pages_files[] = {
    FILE_AT("pages/audit.js", pages_audit_js),
    FILE_AT("pages/dead-letters.js", pages_dead_letters_js),
    FILE_AT("pages/execution.js", pages_execution_js),
    FILE_AT("pages/job.js", pages_job_js),
    FILE_AT("pages/jobs.js", pages_jobs_js),
    FILE_AT("pages/kind.js", pages_kind_js),
    FILE_AT("pages/not-found.js", pages_not_found_js),
    FILE_AT("pages/overview.js", pages_overview_js),
    FILE_AT("pages/queue.js", pages_queue_js),
    FILE_AT("pages/related-jobs.js", pages_related_jobs_js),
    FILE_AT("pages/schedule.js", pages_schedule_js),
    FILE_AT("pages/schedules.js", pages_schedules_js),
    FILE_AT("pages/sign-in.js", pages_sign_in_js),
    FILE_AT("pages/state-machine-edit.js", pages_state_machine_edit_js),
    FILE_AT("pages/state-machine.js", pages_state_machine_js),
    FILE_AT("pages/state-machines.js", pages_state_machines_js),
    FILE_AT("pages/worker.js", pages_worker_js),
    FILE_AT("pages/workers.js", pages_workers_js),
};
const size_t dashboard_pages_count = sizeof dashboard_pages_files / sizeof *dashboard_pages_files;
