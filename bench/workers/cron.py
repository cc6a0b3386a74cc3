"""Crons that are not due while anything is measured."""

from __future__ import annotations

from datetime import UTC, datetime


def far(number: int) -> str:
    """An expression of the number's own, months from now."""
    month = (datetime.now(UTC).month + 5) % 12 + 1
    return f"{number % 60} {number // 60 % 24} {number // 1440 % 28 + 1} {month} *"
