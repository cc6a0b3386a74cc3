"""Tasks whose code is another one for a while."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..declaration import Task
from ..dependency import Plan


class MockedTask:
    """A task that runs other code until `restore`.

    Attributes:
        task: the task.
        inputs: what it was given, call by call.
    """

    def __init__(self, task: Task[Any, Any], function: Callable[..., Any]) -> None:
        self.task = task
        self.inputs: list[Any] = []
        self._before = (task.function, task.plan, task.executor)
        plan = Plan(function, {})

        async def called(input: Any, ctx: Any) -> Any:
            self.inputs.append(input)
            found = function(*plan.arguments(input, ctx))
            return await found if inspect.isawaitable(found) else found

        task.function, task.plan, task.executor = called, Plan(called, {}), "async"

    @property
    def calls(self) -> int:
        """How often it was run."""
        return len(self.inputs)

    def restore(self) -> None:
        """The task runs its own code again."""
        self.task.function, self.task.plan, self.task.executor = self._before
