"""Job functions: what `@app.job` and `@app.durable` make of a function."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Callable, Dict, Generic, Mapping, Optional, Tuple

from .errors import PermanentError
from .handles import JobHandle
from .options import JobOptions, NewJob, check_names
from .typing_shims import P, R

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .app import Longhaul

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Arguments:
    """Turns the arguments of a function into the payload of a job, and back.

    The payload is an object with the arguments by name. With `raw`, the only argument is the payload itself.
    """

    def __init__(self, function: Callable[..., Any], skip: int, raw: bool) -> None:
        signature = inspect.signature(function)
        parameters = list(signature.parameters.values())[skip:]
        self._signature = signature.replace(parameters=parameters)
        self._raw = raw
        rest = [entry.name for entry in parameters if entry.kind is inspect.Parameter.VAR_KEYWORD]
        self._rest = rest[0] if rest else None
        named = [entry for entry in parameters if entry.kind in _BY_NAME]
        if len(named) + len(rest) != len(parameters):
            raise TypeError(f"{function.__qualname__}: arguments of a job have names; *args and / are not supported")
        if raw and len(parameters) != 1:
            raise TypeError(f"{function.__qualname__}: with raw_payload, a job has one argument")
        self._names = frozenset(entry.name for entry in named)
        self._required = frozenset(entry.name for entry in named if entry.default is inspect.Parameter.empty)

    def payload(self, args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The payload of a call. Raises TypeError if the arguments do not fit the function."""
        values = dict(self._signature.bind(*args, **kwargs).arguments)
        if self._raw:
            return next(iter(values.values()))
        if self._rest:
            values.update(values.pop(self._rest, {}))
        return values

    def call(self, payload: Any) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
        """The arguments for a payload.

        Raises:
            PermanentError: the payload does not fit the function.
        """
        if self._raw:
            return (payload,), {}
        if payload is None and not self._required:
            return (), {}
        if not isinstance(payload, dict):
            raise PermanentError("the payload is no object with the arguments by name", type="invalid_payload")
        names = payload.keys()
        if not self._required <= names:
            missing = ", ".join(sorted(self._required - names))
            raise PermanentError(f"the payload has no {missing}", type="invalid_payload")
        if self._rest is None and not names <= self._names:
            unknown = ", ".join(sorted(names - self._names))
            raise PermanentError(f"the function has no argument {unknown}", type="invalid_payload")
        return (), payload


class JobFunction(Generic[P, R]):
    """A function that runs as jobs. Calling it runs the function here and now, as without the decorator."""

    def __init__(
        self,
        app: Longhaul,
        kind: str,
        function: Callable[..., Any],
        options: JobOptions,
        *,
        is_durable: bool = False,
        raw_payload: bool = False,
    ) -> None:
        self.app = app
        self.kind = kind
        self.function = function
        self.options = options
        self.is_durable = is_durable
        self.is_async = inspect.iscoroutinefunction(function) and not is_durable
        self.arguments = Arguments(function, 1 if is_durable else 0, raw_payload)
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the function here and now."""
        return self.function(*args, **kwargs)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<JobFunction {self.kind}>"

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> JobHandle[R]:
        """Submits a job with these arguments. When it returns, the job is durable."""
        return self.app.submit(self.new(*args, **kwargs))

    async def delay_async(self, *args: P.args, **kwargs: P.kwargs) -> JobHandle[R]:
        """Submits a job with these arguments, from asyncio code."""
        return await self.app.submit_async(self.new(*args, **kwargs))

    def new(self, *args: P.args, **kwargs: P.kwargs) -> NewJob:
        """A job with these arguments that is not submitted yet, for batches, chains, schedules and durable jobs."""
        return NewJob(self.kind, self.arguments.payload(args, kwargs), self.options)

    def with_options(self, **options: Unpack[JobOptions]) -> JobFunction[P, R]:
        """The same function with other options: `resize.with_options(delay=60).delay("a.jpg")`."""
        check_names(options)
        copy: JobFunction[P, R] = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, options={**self.options, **options})
        return copy

    @property
    def queue(self) -> Optional[str]:
        """The queue of the jobs, if the function names one."""
        return self.options.get("queue")


class AsyncJobFunction(JobFunction[P, R]):
    """A coroutine function that runs as jobs."""

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:  # type: ignore[override]
        """Runs the coroutine function here and now."""
        return await self.function(*args, **kwargs)  # type: ignore[no-any-return]
