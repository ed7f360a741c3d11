"""Requests to the server, and their answers, independent of how they are sent."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Any, BinaryIO, Dict, Iterable, Mapping, Optional, Tuple, Union
from urllib.parse import quote, urlencode

from .encoding import encode
from .errors import APIError, ServerUnreachable, Unavailable, api_error

Body = Union[bytes, BinaryIO, Iterable[bytes]]


class Repeat(enum.Enum):
    """When a call is repeated after a failure. A call is also repeated while the server answers `unavailable`."""

    #: After any failure: a repetition has no further effect.
    ALWAYS = "always"
    #: Only if the server cannot have received the request.
    UNSENT = "unsent"
    #: Never, also not while the server answers `unavailable`. The caller repeats the call.
    NEVER = "never"


@dataclasses.dataclass(frozen=True)
class Request:
    """One request. `timeout` is how long the server may take to answer, in seconds."""

    method: str
    path: str
    body: Optional[Body] = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    repeat: Repeat = Repeat.ALWAYS
    timeout: Optional[float] = None


@dataclasses.dataclass(frozen=True)
class Response:
    """One answer. The names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The value of a JSON body; None without a body."""
        return json.loads(self.body) if self.body else None


def path(*parts: str, **query: Any) -> str:
    """The path of a call. Parts are escaped. Parameters without a value are left out, and lists are repeated."""
    text = "/v1/" + "/".join(quote(part, safe="") for part in parts)
    pairs = []
    for name, value in query.items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is not None:
                pairs.append((name, {True: "true", False: "false"}.get(item, item) if isinstance(item, bool) else item))
    return text + ("?" + urlencode(pairs) if pairs else "")


def request(
    method: str,
    path: str,
    value: Any = dataclasses.MISSING,
    *,
    repeat: Repeat = Repeat.ALWAYS,
    timeout: Optional[float] = None,
    headers: Optional[Mapping[str, str]] = None,
) -> Request:
    """A request with a JSON body, or without one."""
    if value is dataclasses.MISSING:
        return Request(method, path, None, headers or {}, repeat, timeout)
    return json_request(method, path, encode(value), repeat=repeat, timeout=timeout, headers=headers)


def json_request(
    method: str,
    path: str,
    text: str,
    *,
    repeat: Repeat = Repeat.ALWAYS,
    timeout: Optional[float] = None,
    headers: Optional[Mapping[str, str]] = None,
) -> Request:
    """A request whose body is JSON text."""
    merged: Dict[str, str] = {"Content-Type": "application/json", **(headers or {})}
    return Request(method, path, text.encode(), merged, repeat, timeout)


def checked(response: Response) -> Response:
    """The response if it is no error.

    Raises:
        APIError: the server refused the request.
    """
    if response.status < 400:
        return response
    raise error_of(response)


def error_of(response: Response) -> APIError:
    """The error of an answer whose status is 400 or more."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    text = response.headers.get("retry-after", "")
    return api_error(response.status, problem, float(text) if text.isdigit() else None)


def may_repeat(request: Request, error: Exception) -> Tuple[bool, Optional[float]]:
    """Whether to send a request again after an error, and the pause that the server asks for."""
    if isinstance(error, Unavailable):
        return request.repeat is not Repeat.NEVER, error.retry_after
    if isinstance(error, ServerUnreachable):
        return request.repeat is Repeat.ALWAYS or (request.repeat is Repeat.UNSENT and not error.was_sent), None
    return False, None
