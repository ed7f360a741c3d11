// The files of the folder `assets/lib`. See CDashboard.c.

#include "files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char lib_api_js[] = {
#embed "assets/lib/api.js"
};
static const unsigned char lib_charts_js[] = {
#embed "assets/lib/charts.js"
};
static const unsigned char lib_csv_js[] = {
#embed "assets/lib/csv.js"
};
static const unsigned char lib_curl_js[] = {
#embed "assets/lib/curl.js"
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
static const unsigned char lib_history_rows_js[] = {
#embed "assets/lib/history-rows.js"
};
static const unsigned char lib_history_js[] = {
#embed "assets/lib/history.js"
};
static const unsigned char lib_json_error_js[] = {
#embed "assets/lib/json-error.js"
};
static const unsigned char lib_json_places_js[] = {
#embed "assets/lib/json-places.js"
};
static const unsigned char lib_keys_js[] = {
#embed "assets/lib/keys.js"
};
static const unsigned char lib_kind_rows_js[] = {
#embed "assets/lib/kind-rows.js"
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
static const unsigned char lib_line_chart_js[] = {
#embed "assets/lib/line-chart.js"
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
static const unsigned char lib_remembered_js[] = {
#embed "assets/lib/remembered.js"
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
static const unsigned char lib_time_range_js[] = {
#embed "assets/lib/time-range.js"
};

const struct dashboard_file dashboard_lib_files[] = {
    FILE_AT("lib/api.js", lib_api_js),
    FILE_AT("lib/charts.js", lib_charts_js),
    FILE_AT("lib/csv.js", lib_csv_js),
    FILE_AT("lib/curl.js", lib_curl_js),
    FILE_AT("lib/dialog.js", lib_dialog_js),
    FILE_AT("lib/dom.js", lib_dom_js),
    FILE_AT("lib/format.js", lib_format_js),
    FILE_AT("lib/history-rows.js", lib_history_rows_js),
    FILE_AT("lib/history.js", lib_history_js),
    FILE_AT("lib/json-error.js", lib_json_error_js),
    FILE_AT("lib/json-places.js", lib_json_places_js),
    FILE_AT("lib/keys.js", lib_keys_js),
    FILE_AT("lib/kind-rows.js", lib_kind_rows_js),
    FILE_AT("lib/layered-layout.js", lib_layered_layout_js),
    FILE_AT("lib/layered-lines.js", lib_layered_lines_js),
    FILE_AT("lib/layered-order.js", lib_layered_order_js),
    FILE_AT("lib/line-chart.js", lib_line_chart_js),
    FILE_AT("lib/live.js", lib_live_js),
    FILE_AT("lib/notice.js", lib_notice_js),
    FILE_AT("lib/refresh.js", lib_refresh_js),
    FILE_AT("lib/remembered.js", lib_remembered_js),
    FILE_AT("lib/router.js", lib_router_js),
    FILE_AT("lib/session.js", lib_session_js),
    FILE_AT("lib/spatial-focus.js", lib_spatial_focus_js),
    FILE_AT("lib/theme.js", lib_theme_js),
    FILE_AT("lib/time-range.js", lib_time_range_js),
};
const size_t dashboard_lib_count = sizeof dashboard_lib_files / sizeof *dashboard_lib_files;
