"""DBOS queues on Postgres."""

from __future__ import annotations

from .peer import PostgresPeer


class Dbos(PostgresPeer):
    """One process; queues and results are polled."""

    name = "dbos"
    title = "DBOS (queue)"
    package = "dbos"
    setup = (
        "one process, worker concurrency 200, queue and results polled every 50 ms (its default is 1 s), triggered one"
        " by one from 16 threads"
    )
    share = 0.1
