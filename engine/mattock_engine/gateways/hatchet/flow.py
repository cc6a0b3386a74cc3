"""Flow control of the shared contract: concurrency, rate limits, desired labels."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from ...contracts.hatchet import workflows_pb2 as pb
from ...core.command import PauseRateLimit, PutRateLimit
from ...core.definition import ConcurrencyDefinition, LabelDefinition, RateDefinition
from ...core.error import invalid
from ...core.limit import WINDOWS
from ...core.registration import check_rate_limit
from ...core.status import Comparator, Strategy
from ...port import EnginePort
from ...wire import Call, Server
from ..door import tenant_of
from .worker import timestamp

# By the contract's numbers.
_WINDOWS = list(WINDOWS.values())
# Numbers of older contracts that mean the same as a newer one.
_OLDER = {1: Strategy.CANCEL_NEWEST, 2: Strategy.CANCEL_QUEUED_EXCEPT_NEWEST}


def register(server: Server, engine: EnginePort) -> None:
    """Adds the methods."""
    limits = RateLimits(engine)
    server.unary("/WorkflowService/PutRateLimit", limits.put)
    server.unary("/WorkflowService/PauseRateLimit", limits.pause)


class RateLimits:
    """The methods."""

    def __init__(self, engine: EnginePort) -> None:
        self._engine = engine

    def put(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Declares a rate limit, or changes it."""
        message = pb.PutRateLimitRequest.FromString(request)
        command = check_rate_limit(PutRateLimit(message.key, message.limit, _window("duration", message.duration)))
        return self._engine.call(tenant_of(call), command, lambda _: pb.PutRateLimitResponse().SerializeToString())

    def pause(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Lets nothing use a rate limit before a time."""
        message = pb.PauseRateLimitRequest.FromString(request)
        until = message.paused_until.seconds + message.paused_until.nanos / 1e9
        return self._engine.call(tenant_of(call), PauseRateLimit(message.key, until), _pause_reply)


def _pause_reply(until: float) -> bytes:
    return pb.PauseRateLimitResponse(paused_until=timestamp(until)).SerializeToString()


def _window(field: str, number: int) -> float:
    if not 0 <= number < len(_WINDOWS):
        raise invalid(field, f"{number} is unknown; expected 0 (second) to {len(_WINDOWS) - 1} (year)")
    return _WINDOWS[number]


def concurrency_of(field: str, messages: Iterable[Any]) -> tuple[ConcurrencyDefinition, ...]:
    """Concurrency limits with every default filled in."""
    return tuple(_concurrency(f"{field}[{index}]", message) for index, message in enumerate(messages))


def _concurrency(at: str, message: Any) -> ConcurrencyDefinition:
    number = message.limit_strategy if message.HasField("limit_strategy") else 0
    try:
        strategy = _OLDER.get(number) or Strategy(number)
    except ValueError as error:
        raise invalid(f"{at}.limit_strategy", f"{number} is unknown") from error
    shared = message.HasField("is_tenant_scoped") and message.is_tenant_scoped
    if shared and not message.name:
        raise invalid(f"{at}.name", "a limit that is shared in the tenant needs a name")
    return ConcurrencyDefinition(
        expression=message.expression,
        max_runs=message.max_runs if message.HasField("max_runs") else 1,
        strategy=strategy,
        max_runs_expression=message.max_runs_expression if message.HasField("max_runs_expression") else "",
        name=message.name if shared else "",
    )


def rates_of(field: str, messages: Iterable[Any]) -> tuple[RateDefinition, ...]:
    """Rate limits of a task with every default filled in."""
    found = []
    for index, message in enumerate(messages):
        at = f"{field}[{index}]"
        window = _window(f"{at}.duration", message.duration if message.HasField("duration") else 1)
        dynamic = message.HasField("key_expr") and message.key_expr
        found.append(
            RateDefinition(
                key="" if dynamic else message.key,
                key_expression=message.key_expr if dynamic else "",
                units=message.units if message.HasField("units") else 1,
                units_expression=message.units_expr if message.HasField("units_expr") else "",
                limit_expression=message.limit_values_expr if message.HasField("limit_values_expr") else "",
                window=window,
            )
        )
    return tuple(found)


def labels_of(field: str, messages: Mapping[str, Any]) -> tuple[LabelDefinition, ...]:
    """Desired labels with every default filled in."""
    return tuple(_label(f"{field}[{key}]", key, message) for key, message in sorted(messages.items()))


def _label(at: str, key: str, message: Any) -> LabelDefinition:
    number = message.comparator if message.HasField("comparator") else 0
    try:
        comparator = Comparator(number)
    except ValueError as error:
        raise invalid(f"{at}.comparator", f"{number} is unknown; expected 0 to 5") from error
    if message.HasField("int_value"):
        value: str | int = message.int_value
    elif message.HasField("str_value"):
        value = message.str_value
    else:
        raise invalid(at, "expected a value")
    return LabelDefinition(
        key=key,
        value=value,
        comparator=comparator,
        required=message.required if message.HasField("required") else False,
        weight=message.weight if message.HasField("weight") else 100,
    )
