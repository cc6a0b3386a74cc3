"""What makes functions tasks, and keeps their types."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from .batch import BatchContext
from .context import Context
from .durable import DurableContext

if TYPE_CHECKING:
    from .declaration import SoleTask, Task

I = TypeVar("I")  # noqa: E741 (input)
S = TypeVar("S")
J = TypeVar("J")
P = ParamSpec("P")


class TaskDecorator(Generic[I]):
    """Makes a function a task of a workflow; keeps its types."""

    def __init__(self, declare: Callable[[Callable[..., Any], Mapping[str, Any]], Task[Any, Any]]) -> None:
        self._declare = declare

    @overload
    def __call__(self, function: Callable[Concatenate[I, Context, P], Coroutine[Any, Any, S]], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[I, Context, P], S], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[I], Coroutine[Any, Any, S]], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[I], S], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, S]], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[], S], /) -> Task[I, S]: ...
    def __call__(self, function: Callable[..., Any], /) -> Task[Any, Any]:
        """Declares the task."""
        return self._declare(function, sys._getframe(1).f_locals)


class SoleTaskDecorator:
    """Makes a function a task that is a workflow by itself; keeps its types."""

    def __init__(self, declare: Callable[[Callable[..., Any], Mapping[str, Any]], SoleTask[Any, Any]]) -> None:
        self._declare = declare

    @overload
    def __call__(self, function: Callable[Concatenate[J, Context, P], Coroutine[Any, Any, S]], /) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[J, Context, P], S], /) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[[J], Coroutine[Any, Any, S]], /) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[[J], S], /) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, S]], /) -> SoleTask[None, S]: ...
    @overload
    def __call__(self, function: Callable[[], S], /) -> SoleTask[None, S]: ...
    def __call__(self, function: Callable[..., Any], /) -> SoleTask[Any, Any]:
        """Declares the task."""
        return self._declare(function, sys._getframe(1).f_locals)


class DurableTaskDecorator(Generic[I]):
    """Makes a coroutine function a durable task of a workflow; keeps its types."""

    def __init__(self, declare: Callable[[Callable[..., Any], Mapping[str, Any]], Task[Any, Any]]) -> None:
        self._declare = declare

    @overload
    def __call__(
        self, function: Callable[Concatenate[I, DurableContext, P], Coroutine[Any, Any, S]], /
    ) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[I], Coroutine[Any, Any, S]], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, S]], /) -> Task[I, S]: ...
    def __call__(self, function: Callable[..., Any], /) -> Task[Any, Any]:
        """Declares the task."""
        return self._declare(function, sys._getframe(1).f_locals)


class DurableSoleDecorator:
    """Makes a coroutine function a durable task that is a workflow by itself; keeps its types."""

    def __init__(self, declare: Callable[[Callable[..., Any], Mapping[str, Any]], SoleTask[Any, Any]]) -> None:
        self._declare = declare

    @overload
    def __call__(
        self, function: Callable[Concatenate[J, DurableContext, P], Coroutine[Any, Any, S]], /
    ) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[[J], Coroutine[Any, Any, S]], /) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, S]], /) -> SoleTask[None, S]: ...
    def __call__(self, function: Callable[..., Any], /) -> SoleTask[Any, Any]:
        """Declares the task."""
        return self._declare(function, sys._getframe(1).f_locals)


class BatchTaskDecorator(Generic[I]):
    """Makes a function that takes many inputs a batch task of a workflow; keeps its types."""

    def __init__(self, declare: Callable[[Callable[..., Any], Mapping[str, Any]], Task[Any, Any]]) -> None:
        self._declare = declare

    @overload
    def __call__(
        self, function: Callable[Concatenate[list[I], BatchContext, P], Coroutine[Any, Any, Sequence[S]]], /
    ) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[list[I], BatchContext, P], Sequence[S]], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[list[I]], Coroutine[Any, Any, Sequence[S]]], /) -> Task[I, S]: ...
    @overload
    def __call__(self, function: Callable[[list[I]], Sequence[S]], /) -> Task[I, S]: ...
    def __call__(self, function: Callable[..., Any], /) -> Task[Any, Any]:
        """Declares the task."""
        return self._declare(function, sys._getframe(1).f_locals)


class BatchSoleDecorator:
    """Makes a function that takes many inputs a batch task that is a workflow by itself; keeps its types."""

    def __init__(self, declare: Callable[[Callable[..., Any], Mapping[str, Any]], SoleTask[Any, Any]]) -> None:
        self._declare = declare

    @overload
    def __call__(
        self, function: Callable[Concatenate[list[J], BatchContext, P], Coroutine[Any, Any, Sequence[S]]], /
    ) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[list[J], BatchContext, P], Sequence[S]], /) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[[list[J]], Coroutine[Any, Any, Sequence[S]]], /) -> SoleTask[J, S]: ...
    @overload
    def __call__(self, function: Callable[[list[J]], Sequence[S]], /) -> SoleTask[J, S]: ...
    def __call__(self, function: Callable[..., Any], /) -> SoleTask[Any, Any]:
        """Declares the task."""
        return self._declare(function, sys._getframe(1).f_locals)
