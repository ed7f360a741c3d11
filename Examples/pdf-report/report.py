#!/usr/bin/python3
"""Draws a report as a PDF: a page with the main figures and a chart, then the whole table.

Reads the job from standard input. run.sh has a sample payload, and payload.py checks it.
"""

import json
import math
import os
import sys

import cairo

from payload import BadInput, Report

WIDTH, HEIGHT = 595.28, 841.89  # A4, in points
MARGIN = 56
INNER = WIDTH - 2 * MARGIN
ROW_HEIGHT = 19
TABLE_TOP = 128
ROWS_A_PAGE = int((HEIGHT - MARGIN - 24 - TABLE_TOP) // ROW_HEIGHT) - 1  # one line is the total's
CHART_BARS = 12

INK = (0.11, 0.13, 0.16)
GREY = (0.45, 0.48, 0.53)
LINE = (0.84, 0.86, 0.89)
SHADE = (0.961, 0.969, 0.98)
ACCENT = (0.10, 0.36, 0.60)
SANS, BOLD = ("DejaVu Sans", cairo.FONT_WEIGHT_NORMAL), ("DejaVu Sans", cairo.FONT_WEIGHT_BOLD)


def figure(value):
    """Formats a number with grouped digits and without unneeded decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


class Page:
    """One page with the drawing functions of a report, in points from the upper left corner."""

    def __init__(self, surface):
        self.context = cairo.Context(surface)

    def font(self, size, face):
        self.context.select_font_face(face[0], cairo.FONT_SLANT_NORMAL, face[1])
        self.context.set_font_size(size)

    def text(self, x, y, text, size=9.0, face=SANS, color=INK, align="left", room=None, whole=False):
        """Writes a line with its base at y. To fit into `room`, shortens it with an ellipsis, or reduces
        the font size if the text must stay complete, as a number must."""
        self.font(size, face)
        if whole:
            self.font(min(size, size * room / (self.context.text_extents(text).x_advance or 1)), face)
            room = None
        while room is not None and len(text) > 1 and self.context.text_extents(text).x_advance > room:
            text = text.rstrip("…")[:-1].rstrip() + "…"
        x -= self.context.text_extents(text).x_advance * {"left": 0, "center": 0.5, "right": 1}[align]
        self.context.set_source_rgb(*color)
        self.context.move_to(x, y)
        self.context.show_text(text)

    def box(self, x, y, width, height, color):
        self.context.set_source_rgb(*color)
        self.context.rectangle(x, y, width, height)
        self.context.fill()

    def rule(self, y, color=LINE, x=MARGIN, width=INNER):
        self.box(x, y - 0.35, width, 0.7, color)


def summary_page(page, report):
    """The title, three figures and the chart of the largest rows."""
    page.box(0, 0, WIDTH, 8, ACCENT)
    page.text(MARGIN, 88, report.title, 24, BOLD, room=INNER)
    page.text(MARGIN, 110, report.subtitle, 11, color=GREY, room=INNER)

    largest = sorted(report.rows, key=lambda row: row.total, reverse=True)
    share = largest[0].total / report.total if report.total else 0
    figures = [
        ("Total", f"{figure(report.total)} {report.unit}", f"over {', '.join(report.columns)}"),
        (f"Largest {report.label.lower()}", largest[0].label, f"{share:.1%} of the total"),
        (f"Average by {report.label.lower()}", f"{figure(round(report.total / len(report.rows)))} {report.unit}",
         f"{len(report.rows):,} rows"),
    ]
    width = (INNER - 2 * 14) / 3
    for index, (name, value, note) in enumerate(figures):
        x = MARGIN + index * (width + 14)
        page.box(x, 140, width, 78, SHADE)
        page.box(x, 140, 2.5, 78, ACCENT)
        page.text(x + 14, 160, name, 8.5, color=GREY, room=width - 24)
        page.text(x + 14, 184, value, 14, BOLD, room=width - 24, whole=value[0].isdigit())
        page.text(x + 14, 204, note, 8, color=GREY, room=width - 24)
    chart(page, report, largest[:CHART_BARS], top=262)


def step_for(largest):
    """A round distance between the chart's grid lines, for about five of them."""
    if largest <= 0:
        return 1
    rough = largest / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)


def chart(page, report, rows, top):
    """Horizontal bars, each split by column."""
    page.text(MARGIN, top, f"The largest, in {report.unit}", 12, BOLD)
    shades = [tuple(base + (1 - base) * 0.72 * i / max(1, len(report.columns) - 1) for base in ACCENT)
              for i in range(len(report.columns))]
    x = MARGIN
    for name, shade in zip(report.columns, shades):
        page.box(x, top + 13, 9, 9, shade)
        page.text(x + 13, top + 21, name, 8, color=GREY)
        x += 13 + page.context.text_extents(name).x_advance + 16

    left, right = MARGIN + 118, WIDTH - MARGIN - 48
    first, height = top + 44, 34
    bottom = first + height * len(rows)
    step = step_for(rows[0].total)
    scale = (right - left) / (step * math.ceil(rows[0].total / step) or 1)
    for tick in range(math.ceil(rows[0].total / step) + 1):
        x = left + tick * step * scale
        page.box(x - 0.25, first - 4, 0.5, bottom - first + 4, LINE)
        page.text(x, bottom + 12, figure(tick * step), 7, color=GREY, align="center")
    for index, row in enumerate(rows):
        y = first + index * height
        page.text(MARGIN, y + 16, row.label, 9, room=left - MARGIN - 8)
        x = left
        for value, shade in zip(row.values, shades):
            page.box(x, y + 3, value * scale, 19, shade)
            x += value * scale
        page.box(x + 1, y + 3, 44, 19, (1, 1, 1))  # keeps the figure readable on the grid
        page.text(x + 5, y + 16, figure(row.total), 8, color=GREY,
                  room=WIDTH - MARGIN - x - 5, whole=True)


def table_page(page, report, rows, last):
    """A part of the table, with the totals under its last part."""
    page.text(MARGIN, 84, report.title, 13, BOLD, room=INNER)
    width = min(78, INNER * 0.72 / (len(report.columns) + 1))
    edges = [WIDTH - MARGIN - 6 - width * i for i in range(len(report.columns), -1, -1)]
    room = edges[0] - width - MARGIN - 10

    def line(y, label, values, face, color=INK, size=8.5):
        page.text(MARGIN + 6, y, label, size, face, color, room=room)
        for edge, value in zip(edges, values):
            page.text(edge, y, value, size, face, color, align="right", room=width - 4, whole=True)

    line(TABLE_TOP - 8, report.label, (*report.columns, f"Total, {report.unit}"), BOLD, ACCENT, 8)
    page.rule(TABLE_TOP, ACCENT)
    y = TABLE_TOP
    for index, row in enumerate(rows):
        if index % 2:
            page.box(MARGIN, y, INNER, ROW_HEIGHT, SHADE)
        line(y + 13, row.label, [figure(value) for value in (*row.values, row.total)], SANS)
        y += ROW_HEIGHT
    page.rule(y)
    if last:
        totals = (*report.column_totals, report.total)
        line(y + 14, "Total", [figure(value) for value in totals], BOLD)
        page.rule(y + ROW_HEIGHT + 1, INK)


def draw(report, path):
    """Draws every page and returns their number."""
    parts = [report.rows[i:i + ROWS_A_PAGE] for i in range(0, len(report.rows), ROWS_A_PAGE)]
    pages = 1 + len(parts)
    surface = cairo.PDFSurface(path, WIDTH, HEIGHT)
    surface.set_metadata(cairo.PDF_METADATA_TITLE, report.title)
    for number in range(1, pages + 1):
        page = Page(surface)
        if number == 1:
            summary_page(page, report)
        else:
            table_page(page, report, parts[number - 2], last=number == pages)
        page.text(MARGIN, HEIGHT - 34, report.subtitle, 7.5, color=GREY, room=INNER - 80)
        page.text(WIDTH - MARGIN, HEIGHT - 34, f"{number} / {pages}", 7.5, color=GREY, align="right")
        surface.show_page()
        print(f"::progress {number * 100 // pages} page {number} of {pages}", flush=True)
    surface.finish()
    return pages


def main():
    report = Report.of(json.load(sys.stdin)["payload"])
    pages = draw(report, os.path.join(os.environ["LONGHAUL_ARTIFACTS"], "report.pdf"))
    with open(os.environ["LONGHAUL_RESULT"], "w", encoding="utf-8") as file:
        json.dump({"pages": pages, "rows": len(report.rows), "total": report.total}, file)
    print(f"{pages} pages, {len(report.rows)} rows")


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        print(f"bad input: {error}", file=sys.stderr)
        sys.exit(65)
