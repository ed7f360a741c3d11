"""Checks the payload of a report and computes its figures."""

import dataclasses
import math

MAX_COLUMNS = 8
MAX_ROWS = 5_000


class BadInput(Exception):
    """The payload is invalid; another attempt would not help."""


def _text(value, name, max_length=80):
    if not isinstance(value, str) or not value.strip() or len(value) > max_length:
        raise BadInput(f"{name} is not a text of 1 to {max_length} characters")
    if any(ord(character) < 32 for character in value):
        raise BadInput(f"{name} holds a control character")
    return value


def _number(value, name):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BadInput(f"{name} is not a number")
    if value < 0:
        raise BadInput(f"{name} is negative")
    return value


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table: a label and a number for each column."""

    label: str
    values: tuple

    @property
    def total(self):
        return sum(self.values)


@dataclasses.dataclass(frozen=True)
class Report:
    """A checked payload."""

    title: str
    subtitle: str
    unit: str
    label: str
    columns: tuple
    rows: tuple

    @classmethod
    def of(cls, payload):
        """Reads a payload, or raises BadInput with the first error."""
        if not isinstance(payload, dict):
            raise BadInput("the payload is not an object")
        fields = {field.name for field in dataclasses.fields(cls)}
        if payload.keys() != fields:
            raise BadInput(f"the payload needs exactly the fields {', '.join(sorted(fields))}")
        columns = payload["columns"]
        if not isinstance(columns, list) or not 1 <= len(columns) <= MAX_COLUMNS:
            raise BadInput(f"columns is not a list of 1 to {MAX_COLUMNS} names")
        rows = payload["rows"]
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
            raise BadInput(f"rows is not a list of 1 to {MAX_ROWS} rows")
        return cls(
            title=_text(payload["title"], "title"),
            subtitle=_text(payload["subtitle"], "subtitle"),
            unit=_text(payload["unit"], "unit", 12),
            label=_text(payload["label"], "label", 24),
            columns=tuple(_text(name, f"columns/{i}", 12) for i, name in enumerate(columns)),
            rows=tuple(cls._row(row, i, len(columns)) for i, row in enumerate(rows)),
        )

    @staticmethod
    def _row(row, index, columns):
        if not isinstance(row, list) or len(row) != columns + 1:
            raise BadInput(f"rows/{index} is not a label and {columns} numbers")
        label, *values = row
        return Row(_text(label, f"rows/{index}/0", 60),
                   tuple(_number(value, f"rows/{index}/{i + 1}") for i, value in enumerate(values)))

    @property
    def total(self):
        return sum(row.total for row in self.rows)

    @property
    def column_totals(self):
        return tuple(sum(column) for column in zip(*(row.values for row in self.rows)))
