"""JSON, times and durations as the HTTP API writes them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import os
import uuid
from typing import Any, Union

#: A number of seconds, or a timedelta.
Duration = Union[int, float, dt.timedelta]


def _default(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, dt.datetime):
        return timestamp(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (uuid.UUID, decimal.Decimal, os.PathLike)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"a value of type {type(value).__name__} cannot be stored as JSON")


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default)


def encode(value: Any) -> str:
    """The JSON text of a value.

    Besides JSON's types, it accepts dataclasses, times, enumerations, UUIDs, decimals, paths and sets.

    Raises:
        TypeError: the value has another type.
        ValueError: a number is infinite or not a number.
    """
    return _encoder.encode(value)


def plain(value: Any) -> Any:
    """The value as it is after it was stored as JSON and read again."""
    return json.loads(encode(value))


def seconds(duration: Duration) -> float:
    """A duration in seconds."""
    return duration.total_seconds() if isinstance(duration, dt.timedelta) else float(duration)


def timestamp(moment: dt.datetime) -> str:
    """A time as the API writes it. A time without a zone is local time."""
    utc = moment.astimezone(dt.timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def moment(text: str) -> dt.datetime:
    """The time of a text of the API."""
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
