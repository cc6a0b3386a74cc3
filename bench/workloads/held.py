"""Minutes of load beside a transaction that someone holds open, so that nothing can be vacuumed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import psycopg

from ..plan import Plan
from ..statistic import median
from ..systems import System
from .base import Figure, Make, Target, Workload

_BURST_SECONDS = 2.0
# The part of the time, at its end, that counts.
_LAST = 0.2


class Held(Workload):
    """The same load twice, on two new servers: without and with the open transaction."""

    name = "held"
    title = "Open transaction"
    long = True
    only = ("mattock", "procrastinate", "dbos")
    figures = (
        Figure("rate_free", "tasks/s at the end, without", "1/s", "higher"),
        Figure("rate", "tasks/s at the end, with", "1/s", "higher"),
        Figure("ratio", "… against without", "×", "higher", 2, {"mattock": Target(0.8, 0.95)}),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"no-op bursts without a pause for {plan.held_seconds:g} s, on a new server each: without and with a"
            " transaction that another session holds open in the same database; the rate of the last fifth of the time"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Without; with."""
        with make() as system:
            free = _load(system, plan.held_seconds)
        with make() as system, _open_transaction(system.database_url):
            held = _load(system, plan.held_seconds)
        return {"rate_free": free, "rate": held, "ratio": held / free}


@contextlib.contextmanager
def _open_transaction(url: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # An id and a snapshot of its own: nothing that dies from now on can be removed.
        connection.execute("select pg_current_xact_id(), count(*) from pg_class")
        yield
        connection.rollback()


def _load(system: System, seconds: float) -> float:
    count = 200
    count = max(count, int(count / system.burst(count) * _BURST_SECONDS))
    rates: list[float] = []
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        rate = count / system.burst(count)
        if now >= seconds * (1 - _LAST) or not rates:
            rates.append(rate)
        count = max(100, int(rate * _BURST_SECONDS))
    # The first one was kept only for the case that it was so slow as to be the only one.
    return median(rates[1:] or rates)
