// Charts over a time range that is chosen, or zoomed into with the pointer or the keyboard. All charts of a page share the
// cursor and the selection.

import { h, render } from "../lib/dom.js";
import { query, serverNow } from "../lib/api.js";
import { lineChart } from "../lib/line-chart.js";
import { go, parameters } from "../lib/router.js";
import { ranges, readRange, timeText, wholeSteps, withRange } from "../lib/time-range.js";
import { section } from "./blocks.js";

/** The time between two reads in milliseconds: of the last hour, and of longer ranges. */
const readEvery = 5000;
const readLongEvery = 30_000;
/** A shorter movement of the pointer selects nothing, in pixels. */
const minDrag = 6;
const farSteps = 10;

/**
 * The charts of a page.
 *
 * @param {object} options
 * @param {(range: object, signal: AbortSignal) => Promise<object[]>} options.source reads the rows of a range
 * @param {[string, Function, [string, string, string, boolean?][]][]} options.charts the titles, the formats, and the series:
 *   a name, a tone, a field of a row, and whether the area below is filled
 * @param {object} options.jobs the filter of the list of jobs that a zoomed range links to
 * @param {string} [options.title] the heading
 */
export function historyCharts({ source, charts, jobs, title = "Activity" }) {
  const state = { key: null, readAt: -Infinity, range: null, rows: [], present: null, cursor: null, selection: null, start: null };

  /** Reads the rows of the range in the URL if they are old. */
  async function read(signal) {
    const range = readRange(parameters());
    const key = range.name ?? `${range.from} ${range.to}`;
    const age = performance.now() - state.readAt;
    if (key === state.key && age < (range.step === 1 ? readEvery : readLongEvery)) return;
    const at = performance.now();
    const rows = await source(range, signal);
    Object.assign(state, { key, range, rows, readAt: at });
  }

  /** The section; `present` is a row with the present values, which end a live range. */
  function view(present = null) {
    state.present = present;
    const range = readRange(parameters());
    return section(title, tools(range, jobs),
      h("div", { class: `charts of-${charts.length}`, id: "charts", key: "charts", "aria-busy": state.range ? "false" : "true" }, cards()),
      h("p", { class: "chart-hint muted", key: "hint" },
        "Drag over a chart to zoom in. With the keyboard: arrow keys show the values, Shift and arrow keys select, Enter zooms."));
  }

  function rows() {
    const { range, rows, present } = state;
    if (!range?.isLive || !present || !rows.length) return rows;
    return [...rows.slice(0, -1), { ...rows.at(-1), ...present, time: serverNow() }];
  }

  function cards() {
    const { range } = state;
    if (!range) return charts.map(([name]) => h("figure", { class: "chart", key: name }, h("figcaption", {}, h("span", { class: "chart-title" }, name))));
    const shown = rows();
    const [from, to] = [range.isLive ? range.from : shown[0]?.at ?? range.from, range.isLive ? serverNow() : range.to];
    const cursor = state.cursor === null ? null : Math.min(state.cursor, shown.length - 1);
    const label = (index) => rowText(shown, index, range);
    return charts.map(([name, format, series]) => lineChart({
      title: name, format, label, times: shown.map(({ time }) => time), from, to, cursor, selection: state.selection,
      ticks: [timeText(from, range), timeText((from + to) / 2, range), range.isLive ? "now" : timeText(to, range)],
      series: series.map(([text, tone, field, isArea]) => ({ name: text, tone, isArea, values: shown.map((row) => row[field]) })),
      handlers: handlers(shown, from, to),
    }));
  }

  function redraw() {
    const place = document.getElementById("charts");
    if (place) render(place, cards());
  }

  function clear() {
    Object.assign(state, { cursor: null, selection: null, start: null });
    redraw();
  }

  function zoom() {
    const wanted = wholeSteps(state.selection, state.range);
    clear();
    go(withRange(parameters(), wanted));
  }

  function handlers(shown, from, to) {
    const timeOf = (event) => {
      const { left, width } = event.currentTarget.getBoundingClientRect();
      return from + Math.min(1, Math.max(0, (event.clientX - left) / width)) * (to - from);
    };
    return {
      onpointerdown(event) {
        if (event.button !== 0 || !shown.length) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        state.start = { x: event.clientX, time: timeOf(event) };
        state.cursor = nearest(shown, timeOf(event));
        redraw();
      },
      onpointermove(event) {
        if (!shown.length) return;
        state.cursor = nearest(shown, timeOf(event));
        const isDragged = state.start && Math.abs(event.clientX - state.start.x) >= minDrag;
        if (isDragged) state.selection = [state.start.time, timeOf(event)];
        redraw();
      },
      onpointerup() {
        state.start = null;
        if (state.selection) zoom();
      },
      onpointercancel: clear,
      onpointerleave(event) {
        if (!state.start && event.pointerType === "mouse") clear();
      },
      onkeydown: (event) => pressed(event, shown),
      onblur: () => state.start || clear(),
    };
  }

  function pressed(event, shown) {
    const last = shown.length - 1;
    const now = state.cursor ?? last;
    const targets = {
      ArrowLeft: now - 1, ArrowRight: now + 1, ArrowDown: now - 1, ArrowUp: now + 1, PageDown: now - farSteps, PageUp: now + farSteps,
      Home: 0, End: last,
    };
    if (event.key === "Enter" && state.selection) zoom();
    else if (event.key === "Escape" && state.cursor !== null) clear();
    else if (event.key in targets && last >= 0) move(shown, now, Math.min(last, Math.max(0, targets[event.key])), event.shiftKey);
    else return;
    event.preventDefault();
  }

  function move(shown, before, cursor, isSelecting) {
    state.selection = isSelecting ? [state.selection?.[0] ?? shown[before].at, shown[cursor].at] : null;
    state.cursor = cursor;
    redraw();
  }

  return { read, view };
}

/** The time of a row: a minute, or the ends of a longer step; "now" for the present values. */
function rowText(rows, index, range) {
  const row = rows[index];
  if (!row) return "";
  if (range.isLive && index === rows.length - 1) return "now";
  const start = timeText(row.at, range);
  return range.step === 1 ? start : `${start} – ${timeText(row.time, { from: serverNow() })}`;
}

function nearest(rows, time) {
  let best = 0;
  rows.forEach((row, index) => {
    if (Math.abs(row.time - time) < Math.abs(rows[best].time - time)) best = index;
  });
  return best;
}

/** The choice of the range. A zoomed range has a link to its jobs. */
function tools(range, jobs) {
  const isZoomed = range.name === null;
  const times = { created_after: new Date(range.from).toISOString(), created_before: new Date(range.to).toISOString() };
  return [
    isZoomed && h("span", { key: "zoomed", class: "muted" }, `${timeText(range.from, range)} – ${timeText(range.to, range)}`),
    isZoomed && h("a", { key: "jobs", href: `/jobs${query({ ...jobs, ...times })}` }, "Jobs submitted in this time"),
    h("div", { key: "ranges", class: "segments", role: "group", "aria-label": "Time range" },
      Object.entries(ranges).map(([name, { text, words }]) => h("a", {
        key: name, href: withRange(parameters(), name), "aria-label": `Show ${words}`, "aria-current": range.name === name ? "true" : null,
      }, text))),
  ];
}
