"""The store: everything that survives, in one Postgres.

`Store` is the door. Its parts commit rounds of records, load rows for the core, keep leases and tokens. SQL lives
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
