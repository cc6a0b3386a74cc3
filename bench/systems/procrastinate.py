"""Procrastinate on Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .peer import PostgresPeer


class Procrastinate(PostgresPeer):
    """One process with a concurrency of 100; it keeps no results."""

    name = "procrastinate"
    title = "Procrastinate"
    package = "procrastinate"
    setup = (
        "one process, concurrency 100, LISTEN/NOTIFY on, triggered in batches of 1 000; it keeps no results, so that"
        " the end of a job is looked up in its table every 10 ms, and start times come over a socket"
    )
    share = 0.1
    round_trip = False
    crons = 0
    absent: ClassVar[Mapping[str, str]] = {"dag": "it has no dependencies between jobs"}

    def make_crons(self, count: int) -> None:
        """They are declared where the worker is: another one comes, which has them."""
        self.crons = count
        self.stop_worker()
        self.start_worker("main")

    def env(self) -> Mapping[str, str]:
        """Where Postgres is, and how many crons a worker has."""
        return {**super().env(), "BENCH_CRONS": str(self.crons)}
