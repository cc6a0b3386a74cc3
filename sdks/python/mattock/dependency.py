"""Dependency injection: `Annotated[T, Depends(function)]` parameters of tasks, and of such functions themselves."""

from __future__ import annotations

import asyncio
import functools
import inspect
import types
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from contextvars import copy_context
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from .context import Context


class Depends:
    """Marks a parameter: its value is what the function returns (or yields: closed after the task).

    Args:
        dependency: a plain or `async` function or generator function, or one that returns a context manager. Its
            parameters are as a task's: the input, the `Context`, further dependencies. Plain ones run in a thread.
        use_cache: call it once an attempt, wherever it is needed.
    """

    def __init__(self, dependency: Callable[..., Any], *, use_cache: bool = True) -> None:
        self.dependency = dependency
        self.use_cache = use_cache


class Plan:
    """How a function is called: what each of its parameters is given.

    Attributes:
        input_type: annotation of the input's parameter; Any without one.
        output_type: annotation of the return value; Any without one.
        simple: neither dependencies nor keyword-only parameters: `arguments` suffices.
    """

    def __init__(self, function: Callable[..., Any], names: Mapping[str, Any]) -> None:
        self.function = function
        hints = _hints(function, names)
        self.output_type: Any = hints.get("return", Any)
        self.input_type: Any = Any
        self.takes_input = False
        # (name, "input" or "context" or a dependency, whether by keyword)
        self._parts: list[tuple[str, str | tuple[Depends, Plan], bool]] = []
        for parameter in inspect.signature(function).parameters.values():
            kind = self._classify(parameter, hints.get(parameter.name, Any), names)
            if kind is not None:
                self._parts.append((parameter.name, kind, parameter.kind is parameter.KEYWORD_ONLY))
        self.simple = all(isinstance(kind, str) and not keyword for _, kind, keyword in self._parts)
        self._order = tuple(kind for _, kind, _ in self._parts)

    def _classify(
        self, parameter: inspect.Parameter, hint: Any, names: Mapping[str, Any]
    ) -> str | tuple[Depends, Plan] | None:
        if get_origin(hint) is Annotated:
            marker = next((item for item in get_args(hint)[1:] if isinstance(item, Depends)), None)
            if marker is not None:
                return marker, Plan(marker.dependency, names)
        if isinstance(hint, type) and issubclass(hint, Context):
            return "context"
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            return None
        if hint is Any and (parameter.name in ("ctx", "context") or (self.takes_input and self._plain_count() == 1)):
            return "context"
        if not self.takes_input:
            self.takes_input = True
            self.input_type = hint
            return "input"
        if parameter.default is not parameter.empty:
            return None
        raise TypeError(
            f"{_name(self.function)}: parameter {parameter.name!r} is neither the input, a Context, nor Annotated[…,"
            " Depends(…)]"
        )

    def _plain_count(self) -> int:
        return sum(1 for _, kind, _ in self._parts if isinstance(kind, str))

    def arguments(self, input: Any, context: Context) -> tuple[Any, ...]:
        """Positional arguments, if the plan is simple."""
        order = self._order
        if order == ("input", "context"):
            return (input, context)
        return tuple(input if kind == "input" else context for kind in order)

    async def resolve(
        self,
        input: Any,
        context: Context,
        stack: AsyncExitStack,
        executor: Callable[[], Executor],
        known: dict[Callable[..., Any], Any] | None = None,
    ) -> dict[str, Any]:
        """Arguments by name, with all dependencies called; what they opened is closed by `stack`."""
        known = {} if known is None else known
        found: dict[str, Any] = {}
        for name, kind, _ in self._parts:
            if kind == "input":
                found[name] = input
            elif kind == "context":
                found[name] = context
            elif isinstance(kind, tuple):
                marker, plan = kind
                if marker.use_cache and marker.dependency in known:
                    found[name] = known[marker.dependency]
                    continue
                arguments = await plan.resolve(input, context, stack, executor, known)
                found[name] = known[marker.dependency] = await _obtain(marker.dependency, arguments, stack, executor)
        return found


async def _obtain(
    function: Callable[..., Any], arguments: dict[str, Any], stack: AsyncExitStack, executor: Callable[[], Executor]
) -> Any:
    if inspect.isasyncgenfunction(function):
        return await stack.enter_async_context(asynccontextmanager(function)(**arguments))
    if inspect.isgeneratorfunction(function):
        function = contextmanager(function)
    if inspect.iscoroutinefunction(function):
        value = await function(**arguments)
    else:
        value = await _in_thread(executor, functools.partial(function, **arguments))
    if isinstance(value, AbstractAsyncContextManager):
        return await stack.enter_async_context(value)
    if isinstance(value, AbstractContextManager) and not isinstance(function, type):
        return await stack.enter_async_context(_threaded(value, executor))
    return value


async def _in_thread(executor: Callable[[], Executor], work: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(executor(), copy_context().run, work)


@asynccontextmanager
async def _threaded(manager: AbstractContextManager[Any], executor: Callable[[], Executor]) -> Any:
    """A plain context manager, entered and left in a thread."""
    value = await _in_thread(executor, manager.__enter__)
    try:
        yield value
    except BaseException as error:
        leave = functools.partial(manager.__exit__, type(error), error, error.__traceback__)
        if not await _in_thread(executor, leave):
            raise
    else:
        await _in_thread(executor, functools.partial(manager.__exit__, None, None, None))


def _hints(function: Callable[..., Any], names: Mapping[str, Any]) -> dict[str, Any]:
    target: Any = function
    if isinstance(function, type):
        target = vars(function).get("__init__", function)
    if not isinstance(target, (types.FunctionType, types.MethodType)):
        target = getattr(target, "__call__", target)  # noqa: B004 (the bound method is what is asked for)
    try:
        try:
            return get_type_hints(target, include_extras=True)
        except NameError:
            # Declared within a function: its local names are what is missing.
            return get_type_hints(target, localns=dict(names), include_extras=True)
    except NameError as error:
        raise TypeError(f"{_name(function)}: annotations must be known where it is declared: {error}") from None
    except TypeError:
        return {}


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
