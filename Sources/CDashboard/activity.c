// The files of the charts, and of the pages of kinds, workers and schedules. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char lib_history_rows_js[] = {
#embed "assets/lib/history-rows.js"
};
static const unsigned char lib_kind_rows_js[] = {
#embed "assets/lib/kind-rows.js"
};
static const unsigned char lib_line_chart_js[] = {
#embed "assets/lib/line-chart.js"
};
static const unsigned char lib_time_range_js[] = {
#embed "assets/lib/time-range.js"
};
static const unsigned char pages_kind_js[] = {
#embed "assets/pages/kind.js"
};
static const unsigned char pages_schedule_js[] = {
#embed "assets/pages/schedule.js"
};
static const unsigned char pages_worker_js[] = {
#embed "assets/pages/worker.js"
};
static const unsigned char parts_alert_list_js[] = {
#embed "assets/parts/alert-list.js"
};
static const unsigned char parts_forget_worker_js[] = {
#embed "assets/parts/forget-worker.js"
};
static const unsigned char parts_history_charts_js[] = {
#embed "assets/parts/history-charts.js"
};
static const unsigned char parts_queue_charts_js[] = {
#embed "assets/parts/queue-charts.js"
};
static const unsigned char parts_schedule_actions_js[] = {
#embed "assets/parts/schedule-actions.js"
};
static const unsigned char parts_schedule_form_js[] = {
#embed "assets/parts/schedule-form.js"
};
static const unsigned char parts_ticks_js[] = {
#embed "assets/parts/ticks.js"
};

const struct dashboard_file dashboard_activity_files[] = {
    FILE_AT("lib/history-rows.js", lib_history_rows_js),
    FILE_AT("lib/kind-rows.js", lib_kind_rows_js),
    FILE_AT("lib/line-chart.js", lib_line_chart_js),
    FILE_AT("lib/time-range.js", lib_time_range_js),
    FILE_AT("pages/kind.js", pages_kind_js),
    FILE_AT("pages/schedule.js", pages_schedule_js),
    FILE_AT("pages/worker.js", pages_worker_js),
    FILE_AT("parts/alert-list.js", parts_alert_list_js),
    FILE_AT("parts/forget-worker.js", parts_forget_worker_js),
    FILE_AT("parts/history-charts.js", parts_history_charts_js),
    FILE_AT("parts/queue-charts.js", parts_queue_charts_js),
    FILE_AT("parts/schedule-actions.js", parts_schedule_actions_js),
    FILE_AT("parts/schedule-form.js", parts_schedule_form_js),
    FILE_AT("parts/ticks.js", parts_ticks_js),
};

const size_t dashboard_activity_file_count = sizeof dashboard_activity_files / sizeof *dashboard_activity_files;
