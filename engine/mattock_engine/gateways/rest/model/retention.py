"""How long a tenant keeps what has ended."""

from __future__ import annotations

from .base import Body


class Retention(Body):
    """How long: `days` hold; `own` are those that the tenant has chosen; `longest` is what the server keeps."""

    days: int
    own: int | None = None
    longest: int


class RetentionChange(Body):
    """Another time; without `days`, as long as the server keeps."""

    days: int | None = None
