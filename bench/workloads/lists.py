"""How long each list of the REST API takes over a long history."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
from psycopg import sql

from ..plan import Plan
from ..statistic import percentile
from .base import Figure, Make, Target, Workload

_DAYS = 25
_ASKED = 60
_WORKFLOWS = 50
_TIMES = ("created_at", "queued_at", "assigned_at", "started_at", "finished_at")
_COLUMNS = """
select table_name, column_name from information_schema.columns
where table_schema = 'mattock' and table_name in ('finished_run', 'workflow_version') and is_generated = 'NEVER'
    and is_identity = 'NO'
order by table_name, ordinal_position
"""
_ID = "md5(%s || 'mattock')::uuid"
# What of a copied run is its own; the others of fifty workflows are rare by the square of their number.
_OWN = {
    "run_id": "(lpad(to_hex(floor(extract(epoch from made) * 1000)::bigint), 12, '0') || '7'"
    " || substr(md5(made::text || number), 1, 19))::uuid",
    "status": "case when number % 50 = 7 then 3 when number % 97 = 5 then 4 else 2 end",
    "error": "case when number % 50 = 7 then 'ValueError: no such customer ' || number % 5000 end",
    "metadata": "jsonb_build_object('customer', 'c' || number % 20000, 'env', case when number % 3 = 0 then 'prod'"
    " else 'test' end)",
    "workflow_id": _ID % "floor(sqrt(number % 2500))::int",
    "worker_id": _ID % "'worker' || number % 40",
}
_FILL = """
insert into mattock.finished_run ({columns})
select {values}
from (select * from mattock.finished_run where kind = 0 order by finished_at desc limit 1) one,
    lateral (select number, (current_date - {day}::int)::timestamptz + interval '86390 seconds'
        * (number::float8 / {rows}) as made from generate_series(1, {rows}) number) own
"""
_VERSIONS = """
insert into mattock.workflow_version ({columns})
select {values} from (select * from mattock.workflow_version limit 1) one, generate_series(0, {count}) number
"""
_EVENTS = """
insert into mattock.event (tenant_id, event_id, at, key, payload, metadata, scope, priority)
select tenant_id, gen_random_uuid(), (current_date - {day}::int)::timestamptz + interval '86390 seconds'
    * (number::float8 / {rows}), 'key:' || floor(sqrt(number % 400)), '{{}}',
    jsonb_build_object('customer', 'c' || number % 20000), null, 1
from (select tenant_id from mattock.finished_run limit 1) one, generate_series(1, {rows}) number
"""
_LINES = """
insert into mattock.log_line (tenant_id, task_id, attempt, at, level, message, fields)
select tenant_id, run_id, 0, finished_at, case when status = 3 then 'ERROR' else 'INFO' end,
    'line of customer ' || (metadata ->> 'customer'), ''
from mattock.finished_run where finished_at >= current_date - {day}::int and finished_at < current_date - {day}::int + 1
    and kind = 0
"""


class Lists(Workload):
    """Every list is asked for again and again over REST, beside an idle engine."""

    name = "lists"
    title = "Lists over a long history"
    long = True
    only = ("mattock",)
    figures = tuple(
        figure
        for key, title in (
            ("runs", "runs"),
            ("runs_deep", "runs, far back"),
            ("runs_status", "failed runs"),
            ("runs_workflow", "runs of a rare workflow"),
            ("runs_worker", "runs of a worker"),
            ("runs_metadata", "runs by rare metadata"),
            ("runs_common", "runs by common metadata"),
            ("runs_search", "runs by a text"),
            ("runs_id", "runs by the beginning of an id"),
            ("run", "one run"),
            ("events", "events"),
            ("events_key", "events by key"),
            ("events_metadata", "events by metadata"),
            ("logs", "logs"),
            ("logs_search", "logs by a text"),
            ("workers", "workers"),
            ("counts", "runs by status, of a day"),
            ("points", "ended runs over a day, in slices"),
        )
        for figure in (
            Figure(f"{key}_p50", f"{title}, p50", "ms", "lower", 1),
            Figure(f"{key}_p95", f"{title}, p95", "ms", "lower", 1, {"mattock": Target(50)}),
        )
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{plan.lists:,} finished runs of {_WORKFLOWS} workflows and 40 workers, with metadata, as many log lines"
            f" and a tenth as many events are inserted set-wise by SQL, spread over {_DAYS} days; then each list is"
            f" asked for {_ASKED} times, with 50 rows a page"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Fills, then asks."""
        with make() as system:
            system.burst(10)
            fill_lists(system.database_url, plan.lists)
            env = system.env()
            headers = {"Authorization": f"Bearer {env['MATTOCK_CLIENT_TOKEN']}"}
            with httpx.Client(base_url=env["MATTOCK_CLIENT_SERVER_URL"], headers=headers, timeout=300) as client:
                return dict(_ask(client, env["MATTOCK_CLIENT_TENANT_ID"]))


def _ask(client: httpx.Client, tenant_id: str) -> Iterator[tuple[str, float]]:
    stable, tenant = f"/api/v1/stable/tenants/{tenant_id}", f"/api/v1/tenants/{tenant_id}"
    now = datetime.now(UTC)
    month, day = (now - timedelta(days=30)).isoformat(), (now - timedelta(days=1)).isoformat()
    all_runs = {"since": month, "only_tasks": "false", "include_payloads": "false"}
    some = client.get(f"{stable}/workflow-runs", params={**all_runs, "limit": 1000}).json()["rows"]
    ids = [row["metadata"]["id"] for row in some]
    rare = min(client.get(f"{tenant}/workflows", params={"limit": 100}).json()["rows"], key=lambda row: row["name"])
    worker_id = client.get(f"{tenant}/worker").json()["rows"][0]["metadata"]["id"]
    runs = f"{stable}/workflow-runs"

    def asked(number: int) -> dict[str, tuple[str, Mapping[str, str]]]:
        deep = (now - timedelta(days=number % 24, hours=1)).isoformat()
        return {
            "runs": (runs, all_runs),
            "runs_deep": (runs, {**all_runs, "until": deep}),
            "runs_status": (runs, {**all_runs, "statuses": "FAILED"}),
            "runs_workflow": (runs, {**all_runs, "workflow_ids": rare["metadata"]["id"]}),
            "runs_worker": (runs, {**all_runs, "worker_id": worker_id}),
            "runs_metadata": (runs, {**all_runs, "additional_metadata": f"customer:c{number * 37}"}),
            "runs_common": (runs, {**all_runs, "additional_metadata": "env:prod"}),
            "runs_search": (runs, {**all_runs, "search": f"no such customer {number * 50 + 7}"}),
            "runs_id": (runs, {**all_runs, "search": ids[number * 7][:13]}),
            "run": (f"/api/v1/stable/workflow-runs/{ids[number * 5]}", {}),
            "events": (f"{stable}/events", {}),
            "events_key": (f"{stable}/events", {"keys": f"key:{number % 20}"}),
            "events_metadata": (f"{stable}/events", {"additionalMetadata": f"customer:c{number * 37}"}),
            "logs": (f"{stable}/logs", {}),
            "logs_search": (f"{stable}/logs", {"search": f"customer c{number * 11}"}),
            "workers": (f"{tenant}/worker", {}),
            "counts": (f"{stable}/task-metrics", {"since": day}),
            "points": (f"{stable}/task-point-metrics", {"createdAfter": day}),
        }

    for key in asked(0):
        took = []
        for number in range(_ASKED):
            path, params = asked(number)[key]
            began = time.perf_counter()
            reply = client.get(path, params=params)
            took.append((time.perf_counter() - began) * 1000)
            reply.raise_for_status()
        yield f"{key}_p50", percentile(took, 50)
        yield f"{key}_p95", percentile(took, 95)


def fill_lists(url: str, count: int) -> None:
    """Inserts a history of many kinds: runs, log lines and events, evenly over the last days."""
    with psycopg.connect(url, autocommit=True) as connection:
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(_COLUMNS).fetchall():
            columns.setdefault(table, []).append(column)
        own = {"workflow_id": _ID % "number", "name": "'flow' || lpad(number::text, 3, '0')"}
        own |= {"version_id": _ID % "('v' || number)"}
        _insert(connection, _VERSIONS, columns["workflow_version"], own, count=_WORKFLOWS)
        for day in range(_DAYS, 0, -1):
            for table in ("finished_run", "log_line", "event"):
                connection.execute("select mattock.add_partition_v1(%s, current_date - %s::int)", (table, day))
            rows = count // _DAYS + (day <= count % _DAYS)
            times = {name: f"made + (one.{name} - one.created_at)" for name in _TIMES}
            _insert(connection, _FILL, columns["finished_run"], {**_OWN, **times}, day=day, rows=rows)
            connection.execute(sql.SQL(_LINES).format(day=sql.Literal(day)))
            events = max(1, rows // 10)
            connection.execute(sql.SQL(_EVENTS).format(day=sql.Literal(day), rows=sql.Literal(events)))
        for table in ("finished_run", "log_line", "event"):
            connection.execute(sql.SQL("vacuum (analyze) mattock.{}").format(sql.Identifier(table)))
        connection.execute("checkpoint")


def _insert(
    connection: psycopg.Connection, text: str, columns: list[str], own: Mapping[str, str], **sizes: int
) -> None:
    """Runs a statement that copies one row: what is its own is an expression."""
    values = [sql.SQL(own[name]) if name in own else sql.SQL("one.{}").format(sql.Identifier(name)) for name in columns]
    statement = sql.SQL(text).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(values),
        **{name: sql.Literal(value) for name, value in sizes.items()},
    )
    connection.execute(statement)
