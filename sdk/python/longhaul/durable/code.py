"""Runs the coroutines of a durable job in an order that is the same at each replay."""

from __future__ import annotations

import asyncio
import collections
from typing import Any, Coroutine, Deque, Dict, Generator, List, Optional, Union

from .operations import OperationFailure, Outcome, Unwinding


class _Suspended:
    """What a coroutine yields while it waits: the number of a wait, or a group of tasks."""

    def __init__(self, wait: Union[int, TaskGroup], is_forced: bool = False) -> None:
        self.wait = wait
        self.is_forced = is_forced

    def __await__(self) -> Generator[_Suspended, Any, Any]:
        return (yield self)


class Task:
    """A coroutine of a durable job."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], group: Optional[TaskGroup] = None) -> None:
        self.coroutine = coroutine
        self.group = group
        self.is_cancelled = False
        self.suspended: Optional[_Suspended] = None
        self.result: Any = None
        self.error: Optional[BaseException] = None

    def value(self) -> Any:
        """The result of the coroutine. Raises its error."""
        if self.error:
            raise self.error
        return self.result


class TaskGroup:
    """The tasks of a race or a map, in the order in which they end."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self.tasks: List[Task] = []
        self.ended: Deque[Task] = collections.deque()
        self.waiter: Optional[Task] = None

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> Task:
        """Starts a task."""
        task = Task(coroutine, self)
        task.is_cancelled = bool(self._code.current and self._code.current.is_cancelled)
        self.tasks.append(task)
        self._code.schedule(task)
        return task

    async def next(self) -> Task:
        """The next task that ends."""
        if not self.ended:
            await _Suspended(self)
        return self.ended.popleft()

    async def cancel_all(self) -> None:
        """Cancels the tasks that run, and waits for their ends."""
        for task in self.tasks:
            self._code.cancel(task)
        while self.tasks:
            await self.next()


class Code:
    """The tasks of a durable job. One runs at a time, until it waits."""

    def __init__(self) -> None:
        self.current: Optional[Task] = None
        self._ready: Deque[Any] = collections.deque()
        self._waiting: Dict[int, Task] = {}
        self._all: Dict[Task, None] = {}
        #: Called with the number of a wait whose task was cancelled.
        self.end_wait: Any = None

    @property
    def is_idle(self) -> bool:
        """Whether no other task can run now."""
        return not self._ready

    def schedule(self, task: Task, error: Optional[BaseException] = None, value: Any = None) -> None:
        """Lets a task continue."""
        self._all[task] = None
        self._ready.append((task, error, value))

    async def wait(self, number: int, is_forced: bool) -> Any:
        """Waits until the outcome of a wait is delivered."""
        return await _Suspended(number, is_forced)

    def deliver(self, number: int, outcome: Outcome) -> None:
        """Resumes the task of a wait."""
        task = self._waiting.pop(number, None)
        if not task:
            return
        try:
            self.schedule(task, value=outcome.get())
        except OperationFailure as failure:
            self.schedule(task, failure)

    def drain(self) -> None:
        """Runs all tasks until each waits or has ended."""
        while self._ready:
            task, error, value = self._ready.popleft()
            self._run(task, error, value)

    def cancel(self, task: Task) -> None:
        """Cancels a task: its wait raises CancelledError, and it cannot start operations any more."""
        task.is_cancelled = True
        suspended = task.suspended
        if not suspended or suspended.is_forced:
            return
        if isinstance(suspended.wait, TaskGroup):
            for child in suspended.wait.tasks:
                self.cancel(child)
        elif self._waiting.pop(suspended.wait, None):
            self.end_wait(suspended.wait)
            self.schedule(task, asyncio.CancelledError())

    def close(self) -> None:
        """Ends all tasks."""
        self._ready.clear()
        self._waiting.clear()
        for task in reversed(list(self._all)):
            try:
                task.coroutine.close()
            except (Exception, Unwinding, asyncio.CancelledError):
                # Code that catches everything cannot continue.
                continue

    def _run(self, task: Task, error: Optional[BaseException], value: Any) -> None:
        self.current, task.suspended = task, None
        try:
            suspended = task.coroutine.throw(error) if error else task.coroutine.send(value)
        except StopIteration as end:
            task.result = end.value
            self._end(task)
        except BaseException as end:
            task.error = end
            self._end(task)
        else:
            self._suspend(task, suspended)
        finally:
            self.current = None

    def _suspend(self, task: Task, suspended: Any) -> None:
        if not isinstance(suspended, _Suspended):
            return self.schedule(
                task, RuntimeError("a durable job awaits only its flow; put other work into flow.step")
            )
        task.suspended = suspended
        if isinstance(suspended.wait, TaskGroup):
            suspended.wait.waiter = task
        else:
            self._waiting[suspended.wait] = task

    def _end(self, task: Task) -> None:
        del self._all[task]
        group = task.group
        if not group:
            return
        group.tasks.remove(task)
        group.ended.append(task)
        waiter, group.waiter = group.waiter, None
        if waiter:
            waiter.suspended = None
            self.schedule(waiter)
