// The files of the folder `assets/parts`. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char parts_alert_list_js[] = {
#embed "assets/parts/alert-list.js"
};
static const unsigned char parts_alerts_js[] = {
#embed "assets/parts/alerts.js"
};
static const unsigned char parts_artifact_preview_js[] = {
#embed "assets/parts/artifact-preview.js"
};
static const unsigned char parts_artifacts_js[] = {
#embed "assets/parts/artifacts.js"
};
static const unsigned char parts_attempts_js[] = {
#embed "assets/parts/attempts.js"
};
static const unsigned char parts_badges_js[] = {
#embed "assets/parts/badges.js"
};
static const unsigned char parts_blocked_jobs_js[] = {
#embed "assets/parts/blocked-jobs.js"
};
static const unsigned char parts_blocks_js[] = {
#embed "assets/parts/blocks.js"
};
static const unsigned char parts_chain_graph_js[] = {
#embed "assets/parts/chain-graph.js"
};
static const unsigned char parts_chain_layout_js[] = {
#embed "assets/parts/chain-layout.js"
};
static const unsigned char parts_chain_js[] = {
#embed "assets/parts/chain.js"
};
static const unsigned char parts_definition_editor_js[] = {
#embed "assets/parts/definition-editor.js"
};
static const unsigned char parts_deliveries_js[] = {
#embed "assets/parts/deliveries.js"
};
static const unsigned char parts_durable_js[] = {
#embed "assets/parts/durable.js"
};
static const unsigned char parts_error_details_js[] = {
#embed "assets/parts/error-details.js"
};
static const unsigned char parts_event_list_js[] = {
#embed "assets/parts/event-list.js"
};
static const unsigned char parts_execution_history_js[] = {
#embed "assets/parts/execution-history.js"
};
static const unsigned char parts_execution_model_js[] = {
#embed "assets/parts/execution-model.js"
};
static const unsigned char parts_execution_table_js[] = {
#embed "assets/parts/execution-table.js"
};
static const unsigned char parts_forget_worker_js[] = {
#embed "assets/parts/forget-worker.js"
};
static const unsigned char parts_groups_js[] = {
#embed "assets/parts/groups.js"
};
static const unsigned char parts_history_charts_js[] = {
#embed "assets/parts/history-charts.js"
};
static const unsigned char parts_job_details_js[] = {
#embed "assets/parts/job-details.js"
};
static const unsigned char parts_job_filter_js[] = {
#embed "assets/parts/job-filter.js"
};
static const unsigned char parts_job_table_js[] = {
#embed "assets/parts/job-table.js"
};
static const unsigned char parts_journal_js[] = {
#embed "assets/parts/journal.js"
};
static const unsigned char parts_json_js[] = {
#embed "assets/parts/json.js"
};
static const unsigned char parts_limits_js[] = {
#embed "assets/parts/limits.js"
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
static const unsigned char parts_log_js[] = {
#embed "assets/parts/log.js"
};
static const unsigned char parts_machine_graph_js[] = {
#embed "assets/parts/machine-graph.js"
};
static const unsigned char parts_machine_model_js[] = {
#embed "assets/parts/machine-model.js"
};
static const unsigned char parts_map_runs_js[] = {
#embed "assets/parts/map-runs.js"
};
static const unsigned char parts_overview_lists_js[] = {
#embed "assets/parts/overview-lists.js"
};
static const unsigned char parts_queue_charts_js[] = {
#embed "assets/parts/queue-charts.js"
};
static const unsigned char parts_queue_table_js[] = {
#embed "assets/parts/queue-table.js"
};
static const unsigned char parts_relation_counts_js[] = {
#embed "assets/parts/relation-counts.js"
};
static const unsigned char parts_schedule_actions_js[] = {
#embed "assets/parts/schedule-actions.js"
};
static const unsigned char parts_schedule_form_js[] = {
#embed "assets/parts/schedule-form.js"
};
static const unsigned char parts_state_details_js[] = {
#embed "assets/parts/state-details.js"
};
static const unsigned char parts_state_list_js[] = {
#embed "assets/parts/state-list.js"
};
static const unsigned char parts_state_test_js[] = {
#embed "assets/parts/state-test.js"
};
static const unsigned char parts_status_marks_js[] = {
#embed "assets/parts/status-marks.js"
};
static const unsigned char parts_ticks_js[] = {
#embed "assets/parts/ticks.js"
};
static const unsigned char parts_timeline_js[] = {
#embed "assets/parts/timeline.js"
};
static const unsigned char parts_waits_js[] = {
#embed "assets/parts/waits.js"
};
static const unsigned char parts_waterfall_js[] = {
#embed "assets/parts/waterfall.js"
};

const struct dashboard_file dashboard_parts_files[] = {
    FILE_AT("parts/alert-list.js", parts_alert_list_js),
    FILE_AT("parts/alerts.js", parts_alerts_js),
    FILE_AT("parts/artifact-preview.js", parts_artifact_preview_js),
    FILE_AT("parts/artifacts.js", parts_artifacts_js),
    FILE_AT("parts/attempts.js", parts_attempts_js),
    FILE_AT("parts/badges.js", parts_badges_js),
    FILE_AT("parts/blocked-jobs.js", parts_blocked_jobs_js),
    FILE_AT("parts/blocks.js", parts_blocks_js),
    FILE_AT("parts/chain-graph.js", parts_chain_graph_js),
    FILE_AT("parts/chain-layout.js", parts_chain_layout_js),
    FILE_AT("parts/chain.js", parts_chain_js),
    FILE_AT("parts/definition-editor.js", parts_definition_editor_js),
    FILE_AT("parts/deliveries.js", parts_deliveries_js),
    FILE_AT("parts/durable.js", parts_durable_js),
    FILE_AT("parts/error-details.js", parts_error_details_js),
    FILE_AT("parts/event-list.js", parts_event_list_js),
    FILE_AT("parts/execution-history.js", parts_execution_history_js),
    FILE_AT("parts/execution-model.js", parts_execution_model_js),
    FILE_AT("parts/execution-table.js", parts_execution_table_js),
    FILE_AT("parts/forget-worker.js", parts_forget_worker_js),
    FILE_AT("parts/groups.js", parts_groups_js),
    FILE_AT("parts/history-charts.js", parts_history_charts_js),
    FILE_AT("parts/job-details.js", parts_job_details_js),
    FILE_AT("parts/job-filter.js", parts_job_filter_js),
    FILE_AT("parts/job-table.js", parts_job_table_js),
    FILE_AT("parts/journal.js", parts_journal_js),
    FILE_AT("parts/json.js", parts_json_js),
    FILE_AT("parts/limits.js", parts_limits_js),
    FILE_AT("parts/log-export.js", parts_log_export_js),
    FILE_AT("parts/log-lines.js", parts_log_lines_js),
    FILE_AT("parts/log-row.js", parts_log_row_js),
    FILE_AT("parts/log-window.js", parts_log_window_js),
    FILE_AT("parts/log.js", parts_log_js),
    FILE_AT("parts/machine-graph.js", parts_machine_graph_js),
    FILE_AT("parts/machine-model.js", parts_machine_model_js),
    FILE_AT("parts/map-runs.js", parts_map_runs_js),
    FILE_AT("parts/overview-lists.js", parts_overview_lists_js),
    FILE_AT("parts/queue-charts.js", parts_queue_charts_js),
    FILE_AT("parts/queue-table.js", parts_queue_table_js),
    FILE_AT("parts/relation-counts.js", parts_relation_counts_js),
    FILE_AT("parts/schedule-actions.js", parts_schedule_actions_js),
    FILE_AT("parts/schedule-form.js", parts_schedule_form_js),
    FILE_AT("parts/state-details.js", parts_state_details_js),
    FILE_AT("parts/state-list.js", parts_state_list_js),
    FILE_AT("parts/state-test.js", parts_state_test_js),
    FILE_AT("parts/status-marks.js", parts_status_marks_js),
    FILE_AT("parts/ticks.js", parts_ticks_js),
    FILE_AT("parts/timeline.js", parts_timeline_js),
    FILE_AT("parts/waits.js", parts_waits_js),
    FILE_AT("parts/waterfall.js", parts_waterfall_js),
};
const size_t dashboard_parts_count = sizeof dashboard_parts_files / sizeof *dashboard_parts_files;
