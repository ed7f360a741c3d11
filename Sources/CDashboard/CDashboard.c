// The dashboard's files, embedded with C23's #embed, which clang supports in every mode. SwiftPM's `.embedInCode` generates
// array literals that the Swift compiler needs a minute for at 150 KB, and files of the same name in two folders collide.
// #embed takes no time, and the compiler tracks the files as dependencies.
//
// Add a new file in two places below, or in the C file of its part; a test fails if one is missing.

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
static const unsigned char lib_api_js[] = {
#embed "assets/lib/api.js"
};
static const unsigned char lib_charts_js[] = {
#embed "assets/lib/charts.js"
};
static const unsigned char lib_dialog_js[] = {
#embed "assets/lib/dialog.js"
};
static const unsigned char lib_dom_js[] = {
#embed "assets/lib/dom.js"
};
static const unsigned char lib_format_js[] = {
#embed "assets/lib/format.js"
};
static const unsigned char lib_history_js[] = {
#embed "assets/lib/history.js"
};
static const unsigned char lib_json_places_js[] = {
#embed "assets/lib/json-places.js"
};
static const unsigned char lib_keys_js[] = {
#embed "assets/lib/keys.js"
};
static const unsigned char lib_layered_layout_js[] = {
#embed "assets/lib/layered-layout.js"
};
static const unsigned char lib_layered_lines_js[] = {
#embed "assets/lib/layered-lines.js"
};
static const unsigned char lib_layered_order_js[] = {
#embed "assets/lib/layered-order.js"
};
static const unsigned char lib_live_js[] = {
#embed "assets/lib/live.js"
};
static const unsigned char lib_notice_js[] = {
#embed "assets/lib/notice.js"
};
static const unsigned char lib_refresh_js[] = {
#embed "assets/lib/refresh.js"
};
static const unsigned char lib_router_js[] = {
#embed "assets/lib/router.js"
};
static const unsigned char lib_session_js[] = {
#embed "assets/lib/session.js"
};
static const unsigned char lib_spatial_focus_js[] = {
#embed "assets/lib/spatial-focus.js"
};
static const unsigned char lib_theme_js[] = {
#embed "assets/lib/theme.js"
};
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
static const unsigned char pages_not_found_js[] = {
#embed "assets/pages/not-found.js"
};
static const unsigned char pages_overview_js[] = {
#embed "assets/pages/overview.js"
};
static const unsigned char pages_queue_js[] = {
#embed "assets/pages/queue.js"
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
static const unsigned char pages_workers_js[] = {
#embed "assets/pages/workers.js"
};
static const unsigned char parts_artifacts_js[] = {
#embed "assets/parts/artifacts.js"
};
static const unsigned char parts_deliveries_js[] = {
#embed "assets/parts/deliveries.js"
};
static const unsigned char parts_badges_js[] = {
#embed "assets/parts/badges.js"
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
static const unsigned char parts_alerts_js[] = {
#embed "assets/parts/alerts.js"
};
static const unsigned char parts_durable_js[] = {
#embed "assets/parts/durable.js"
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
static const unsigned char parts_groups_js[] = {
#embed "assets/parts/groups.js"
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
static const unsigned char parts_queue_table_js[] = {
#embed "assets/parts/queue-table.js"
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
static const unsigned char parts_timeline_js[] = {
#embed "assets/parts/timeline.js"
};
static const unsigned char parts_waits_js[] = {
#embed "assets/parts/waits.js"
};
static const unsigned char parts_waterfall_js[] = {
#embed "assets/parts/waterfall.js"
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
static const unsigned char style_journal_css[] = {
#embed "assets/style/journal.css"
};
static const unsigned char style_machines_css[] = {
#embed "assets/style/machines.css"
};
static const unsigned char style_shell_css[] = {
#embed "assets/style/shell.css"
};

static const struct dashboard_file files[] = {
    FILE_AT("app.js", app_js),
    FILE_AT("early.js", early_js),
    FILE_AT("favicon.svg", favicon_svg),
    FILE_AT("index.html", index_html),
    FILE_AT("lib/api.js", lib_api_js),
    FILE_AT("lib/charts.js", lib_charts_js),
    FILE_AT("lib/dialog.js", lib_dialog_js),
    FILE_AT("lib/dom.js", lib_dom_js),
    FILE_AT("lib/format.js", lib_format_js),
    FILE_AT("lib/history.js", lib_history_js),
    FILE_AT("lib/json-places.js", lib_json_places_js),
    FILE_AT("lib/keys.js", lib_keys_js),
    FILE_AT("lib/layered-layout.js", lib_layered_layout_js),
    FILE_AT("lib/layered-lines.js", lib_layered_lines_js),
    FILE_AT("lib/layered-order.js", lib_layered_order_js),
    FILE_AT("lib/live.js", lib_live_js),
    FILE_AT("lib/notice.js", lib_notice_js),
    FILE_AT("lib/refresh.js", lib_refresh_js),
    FILE_AT("lib/router.js", lib_router_js),
    FILE_AT("lib/session.js", lib_session_js),
    FILE_AT("lib/spatial-focus.js", lib_spatial_focus_js),
    FILE_AT("lib/theme.js", lib_theme_js),
    FILE_AT("pages/audit.js", pages_audit_js),
    FILE_AT("pages/dead-letters.js", pages_dead_letters_js),
    FILE_AT("pages/execution.js", pages_execution_js),
    FILE_AT("pages/job.js", pages_job_js),
    FILE_AT("pages/jobs.js", pages_jobs_js),
    FILE_AT("pages/not-found.js", pages_not_found_js),
    FILE_AT("pages/overview.js", pages_overview_js),
    FILE_AT("pages/queue.js", pages_queue_js),
    FILE_AT("pages/schedules.js", pages_schedules_js),
    FILE_AT("pages/sign-in.js", pages_sign_in_js),
    FILE_AT("pages/state-machine-edit.js", pages_state_machine_edit_js),
    FILE_AT("pages/state-machine.js", pages_state_machine_js),
    FILE_AT("pages/state-machines.js", pages_state_machines_js),
    FILE_AT("pages/workers.js", pages_workers_js),
    FILE_AT("parts/artifacts.js", parts_artifacts_js),
    FILE_AT("parts/deliveries.js", parts_deliveries_js),
    FILE_AT("parts/badges.js", parts_badges_js),
    FILE_AT("parts/blocks.js", parts_blocks_js),
    FILE_AT("parts/chain-graph.js", parts_chain_graph_js),
    FILE_AT("parts/chain-layout.js", parts_chain_layout_js),
    FILE_AT("parts/chain.js", parts_chain_js),
    FILE_AT("parts/definition-editor.js", parts_definition_editor_js),
    FILE_AT("parts/alerts.js", parts_alerts_js),
    FILE_AT("parts/durable.js", parts_durable_js),
    FILE_AT("parts/event-list.js", parts_event_list_js),
    FILE_AT("parts/execution-history.js", parts_execution_history_js),
    FILE_AT("parts/execution-model.js", parts_execution_model_js),
    FILE_AT("parts/execution-table.js", parts_execution_table_js),
    FILE_AT("parts/groups.js", parts_groups_js),
    FILE_AT("parts/job-filter.js", parts_job_filter_js),
    FILE_AT("parts/job-table.js", parts_job_table_js),
    FILE_AT("parts/journal.js", parts_journal_js),
    FILE_AT("parts/json.js", parts_json_js),
    FILE_AT("parts/limits.js", parts_limits_js),
    FILE_AT("parts/log.js", parts_log_js),
    FILE_AT("parts/machine-graph.js", parts_machine_graph_js),
    FILE_AT("parts/machine-model.js", parts_machine_model_js),
    FILE_AT("parts/map-runs.js", parts_map_runs_js),
    FILE_AT("parts/overview-lists.js", parts_overview_lists_js),
    FILE_AT("parts/queue-table.js", parts_queue_table_js),
    FILE_AT("parts/state-details.js", parts_state_details_js),
    FILE_AT("parts/state-list.js", parts_state_list_js),
    FILE_AT("parts/state-test.js", parts_state_test_js),
    FILE_AT("parts/status-marks.js", parts_status_marks_js),
    FILE_AT("parts/timeline.js", parts_timeline_js),
    FILE_AT("parts/waits.js", parts_waits_js),
    FILE_AT("parts/waterfall.js", parts_waterfall_js),
    FILE_AT("style/base.css", style_base_css),
    FILE_AT("style/charts.css", style_charts_css),
    FILE_AT("style/controls.css", style_controls_css),
    FILE_AT("style/data.css", style_data_css),
    FILE_AT("style/job.css", style_job_css),
    FILE_AT("style/journal.css", style_journal_css),
    FILE_AT("style/machines.css", style_machines_css),
    FILE_AT("style/shell.css", style_shell_css),
};

static const size_t file_count = sizeof files / sizeof *files;

size_t dashboard_file_count(void) { return file_count + dashboard_activity_file_count; }

struct dashboard_file dashboard_file_at(size_t place) {
    return place < file_count ? files[place] : dashboard_activity_files[place - file_count];
}
