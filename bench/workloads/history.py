"""Five million finished runs in the history, against none."""

from __future__ import annotations

import psycopg
from psycopg import sql

from ..plan import Plan
from ..statistic import median
from ..systems import System
from .base import Figure, Make, Target, Workload, scaled

_BURSTS = 3
# Over so many days; fewer than a server keeps by default.
_DAYS = 25
_TIMES = ("created_at", "queued_at", "assigned_at", "started_at", "finished_at")

_COLUMNS = """
select column_name from information_schema.columns
where table_schema = 'mattock' and table_name = 'finished_run' and is_generated = 'NEVER' and is_identity = 'NO'
order by ordinal_position
"""
# Copies of one real run, with ids and times of their own.
_FILL = """
insert into mattock.finished_run ({columns})
select {values}
from (select * from mattock.finished_run where kind = 0 order by finished_at desc limit 1) one,
    generate_series(1, {rows}) number
"""


class History(Workload):
    """The history is inserted set-wise by SQL, spread over days."""

    name = "history"
    title = "History"
    long = True
    only = ("mattock",)
    figures = (
        Figure("rate_empty", "tasks/s with an empty history", "1/s", "higher"),
        Figure("rate", "tasks/s with the history", "1/s", "higher"),
        Figure("ratio", "… against none", "×", "higher", 2, {"mattock": Target(0.8, 0.95)}),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"no-op throughput before and after {plan.history:,} finished runs are inserted set-wise by SQL, spread"
            f" over {_DAYS} days; vacuumed and checkpointed before the second measurement"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Empty; fill; again."""
        with make() as system:
            empty = _rate(system, plan)
            fill(system.database_url, plan.history)
            beside = _rate(system, plan)
        return {"rate_empty": empty, "rate": beside, "ratio": beside / empty}


def fill(url: str, count: int) -> None:
    """Inserts finished runs into Mattock's history: copies of the last one, spread evenly over the last days."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = [row[0] for row in connection.execute(_COLUMNS).fetchall()]
        for day in range(1, _DAYS + 1):
            connection.execute("select mattock.add_partition_v1('finished_run', current_date - %s::int)", (day,))
            rows = count // _DAYS + (day <= count % _DAYS)
            values = sql.SQL(", ").join(_value(name, day, rows) for name in names)
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            connection.execute(sql.SQL(_FILL).format(columns=columns, values=values, rows=sql.Literal(rows)))
        connection.execute("vacuum (analyze) mattock.finished_run")
        connection.execute("checkpoint")


def _value(name: str, day: int, rows: int) -> sql.Composable:
    if name == "run_id":
        return sql.SQL("gen_random_uuid()")
    if name not in _TIMES:
        return sql.SQL("one.{}").format(sql.Identifier(name))
    # Evenly over that day; all times of a run keep their distance from its end.
    moment = "(current_date - {day})::timestamptz + interval '86399 seconds' * (number::float8 / {rows})"
    return sql.SQL(moment + " + (one.{name} - one.finished_at)").format(
        day=sql.Literal(day), rows=sql.Literal(rows), name=sql.Identifier(name)
    )


def _rate(system: System, plan: Plan) -> float:
    count = scaled(plan.count, system)
    return median([count / system.burst(count) for _ in range(_BURSTS)])
