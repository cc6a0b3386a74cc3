"""Starting a run in a transaction of the user's own database, where that is Mattock's Postgres."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .default import client as default_client
from .runnable import Runnable

_SQL = "select mattock.enqueue({0}, {1}, cast({2} as jsonb), cast({3} as jsonb), {4})::text"


def enqueue(
    connection: Any,
    workflow: Runnable[Any, Any] | str,
    input: Any = None,
    *,
    additional_metadata: Mapping[str, Any] | None = None,
    priority: int = 0,
    tenant: str = "",
) -> Any:
    """Starts a run exactly if the connection's transaction commits.

    The database must be the one that the server uses (`MATTOCK_DATABASE_URL`). Nothing is sent to the server: the run
    begins once the transaction is committed, and is forgotten if it is not.

    Args:
        connection: a psycopg `Connection` or `AsyncConnection`, an asyncpg `Connection` (or one of a pool), or a
            SQLAlchemy `Connection`, `Session`, `AsyncConnection` or `AsyncSession`.
        workflow: a task or workflow, or a name as the server knows it.
        input: the run's input.
        additional_metadata: a JSON object to search runs by.
        priority: 1 (low) to 3 (high); 0 for the workflow's default.
        tenant: slug or id of the tenant; by default that of the client's token.

    Returns:
        The run's id; for the connections of asyncio an awaitable that gives it.

    Raises:
        TypeError: this is no such connection.
        ValueError: the input is not of the workflow's type.
        Exception: the driver's error if the database refuses it (no such workflow or tenant): names the field.
    """
    if isinstance(workflow, str):
        client, name = default_client, workflow
        data = json.dumps(input) if input is not None else "{}"
    else:
        client, name = workflow.client, workflow.client.qualify(workflow.name)
        data = (workflow.input.dump(input) or b"{}").decode()
    metadata = json.dumps(dict(additional_metadata)) if additional_metadata else None
    values = (tenant or client.settings.tenant_id, name, data, metadata, priority)
    return _send(connection, values)


def _send(connection: Any, values: tuple[Any, ...]) -> Any:
    kinds = {f"{each.__module__.partition('.')[0]}.{each.__name__}" for each in type(connection).__mro__}
    if "psycopg.AsyncConnection" in kinds:
        return _psycopg_async(connection, values)
    if "psycopg.Connection" in kinds:
        row = connection.execute(_SQL.format(*["%s"] * 5), values).fetchone()
        return str(row["enqueue"] if isinstance(row, dict) else row[0])
    if kinds & {"asyncpg.Connection", "asyncpg.PoolConnectionProxy"}:
        return connection.fetchval(_SQL.format("$1", "$2", "$3::text", "$4::text", "$5"), *values)
    if kinds & {"sqlalchemy.AsyncConnection", "sqlalchemy.AsyncSession"}:
        return _sqlalchemy_async(connection, values)
    if kinds & {"sqlalchemy.Connection", "sqlalchemy.Session"}:
        return str(connection.execute(*_sqlalchemy(values)).scalar_one())
    raise TypeError(
        f"connection: expected one of psycopg, asyncpg or SQLAlchemy, got {type(connection).__module__}."
        f"{type(connection).__name__}"
    )


async def _psycopg_async(connection: Any, values: tuple[Any, ...]) -> str:
    cursor = await connection.execute(_SQL.format(*["%s"] * 5), values)
    row = await cursor.fetchone()
    return str(row["enqueue"] if isinstance(row, dict) else row[0])


async def _sqlalchemy_async(connection: Any, values: tuple[Any, ...]) -> str:
    return str((await connection.execute(*_sqlalchemy(values))).scalar_one())


def _sqlalchemy(values: tuple[Any, ...]) -> tuple[Any, dict[str, Any]]:
    from sqlalchemy import text

    names = ("tenant", "workflow", "input", "metadata", "priority")
    return text(_SQL.format(*(f":{name}" for name in names))), dict(zip(names, values, strict=True))
