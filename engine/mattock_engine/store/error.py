"""Errors of the store.

StoreError
├── DatabaseDown     the database cannot be reached, or the connection broke: what was being written may stand or not
├── Fenced           another replica owns the tenant now
├── SchemaError      the database's schema is not one that this engine can use
└── DataDirInvalid   the embedded cluster's folder cannot be used
"""

from __future__ import annotations


class StoreError(Exception):
    """Base: one line that says what is wrong and what to do."""


class DatabaseDown(StoreError):
    """The database cannot be reached, or the connection broke."""


class SchemaError(StoreError):
    """The database's schema is not one that this engine can use."""


class DataDirInvalid(StoreError):
    """The embedded cluster's folder cannot be used."""


class Fenced(StoreError):
    """The lease of these tenants was lost: nothing was written."""

    def __init__(self, tenant_ids: list[str]) -> None:
        super().__init__(f"the lease of tenants {', '.join(tenant_ids)} is lost")
        self.tenant_ids = tenant_ids
