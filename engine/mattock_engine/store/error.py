"""Errors of the store.

StoreError
├── DatabaseDown     the database cannot be reached, or the connection broke: what was being written may stand or not
├── Fenced           another replica owns the tenant now
├── SchemaError      the database's schema is not one that this engine can use
├── BackupFailed     a backup could not be made, or not be restored
├── KeyRingInvalid   the keys of payloads are not those that the database needs
└── DataDirInvalid   the embedded cluster's folder cannot be used
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

# What the driver raises when the database cannot be reached.
DOWN = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # A deadlock, above all: nothing of the transaction stands, and it is tried again as after a connection that broke.
    asyncpg.TransactionRollbackError,
    asyncio.TimeoutError,
)


class StoreError(Exception):
    """Base: one line that says what is wrong and what to do."""


class DatabaseDown(StoreError):
    """The database cannot be reached, or the connection broke."""


class SchemaError(StoreError):
    """The database's schema is not one that this engine can use."""


class BackupFailed(StoreError):
    """A backup could not be made, or not be restored."""


class KeyRingInvalid(StoreError):
    """The keys of payloads cannot be read, or are not those that the database needs."""


class DataDirInvalid(StoreError):
    """The embedded cluster's folder cannot be used."""


class Fenced(StoreError):
    """The lease of these tenants was lost: nothing was written."""

    def __init__(self, tenant_ids: list[str]) -> None:
        super().__init__(f"the lease of tenants {', '.join(tenant_ids)} is lost")
        self.tenant_ids = tenant_ids


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turns the driver's connection errors into `DatabaseDown`."""
    try:
        yield
    except DOWN as error:
        raise DatabaseDown(f"the database cannot be reached: {error or type(error).__name__}") from error
