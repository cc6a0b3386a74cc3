"""The store: everything that survives, in one Postgres.

`Store` is the door: it commits rounds of records, loads rows for the core, keeps leases, tenants and tokens. SQL lives
in `queries/*.sql` (by name) and `migrations/*.sql`.
"""

from .batch import Batch
from .error import (
    BackupFailed,
    DatabaseDown,
    DataDirInvalid,
    Fenced,
    KeyRingInvalid,
    SchemaError,
    StoreError,
)
from .row import to_row
from .state import TenantState
from .store import Store

__all__ = [
    "BackupFailed",
    "Batch",
    "DataDirInvalid",
    "DatabaseDown",
    "Fenced",
    "KeyRingInvalid",
    "SchemaError",
    "Store",
    "StoreError",
    "TenantState",
    "to_row",
]
