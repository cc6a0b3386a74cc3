"""Options that many commands have, and reading what is given to them."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .error import CommandError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
JSON_FLAG = "--json"


class Format(StrEnum):
    """How a command prints. It is true for JSON."""

    text = "text"
    json = "json"

    def __bool__(self) -> bool:
        return self is Format.json


AsJson = Annotated[
    Format, typer.Option("--output", "-o", help="For people (text), or for programs (json; `--json` is short for it).")
]
TEXT = Format.text
Metadata = Annotated[list[str] | None, typer.Option("--metadata", "-m", help="KEY=VALUE (repeatable).")]
Input = Annotated[str, typer.Option("--input", "-i", help="The input: a JSON object, @FILE, or - for standard input.")]
Priority = Annotated[int | None, typer.Option(min=1, max=3, help="1 (low) to 3 (high).")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most this many.")]


def read_object(option: str, text: str) -> dict[str, Any]:
    """A JSON object, from the text itself, a file (`@FILE`) or standard input (`-`).

    Args:
        option: what the error names.
        text: as it was given.

    Raises:
        CommandError: it is none, or cannot be read.
    """
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise CommandError(f"{option}: cannot read {text[1:]}: {reason}") from None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{option}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise CommandError(f'{option}: expected a JSON object, for example {{"name": "Ann"}}')
    return found


def pair(text: str) -> tuple[str, str]:
    """Key and value of one `--metadata`.

    Raises:
        CommandError: it has no key or no sign.
    """
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise CommandError(f"--metadata: expected KEY=VALUE, got {text!r}")
    return key, value


def pairs(given: list[str] | None) -> list[str] | None:
    """The pairs of `--metadata` as the API filters by them; None for none."""
    return [":".join(pair(item)) for item in given] if given else None


def parse_span(option: str, text: str) -> timedelta:
    """A span of time: `90s`, `15m`, `24h`, `7d`.

    Raises:
        CommandError: it is none.
    """
    if text[-1:] in _UNITS and text[:-1].isdigit() and len(text) < 12:
        return timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])
    raise CommandError(f"{option}: {text!r} is not a span of time: give for example 90s, 15m, 24h or 7d")


def parse_time(option: str, text: str) -> str:
    """A time as the API takes it, from one for people or programs: so long ago (`15m`, `24h`, `7d`), or RFC 3339.

    Raises:
        CommandError: it is neither.
    """
    try:
        if text[-1:] in _UNITS and text[:-1].isdigit():
            return (datetime.now(UTC) - parse_span(option, text)).isoformat()
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        wanted = "15m, 24h, 7d or 2026-01-31T12:00:00Z"
        raise CommandError(f"{option}: {text!r} is not a time: give for example {wanted}") from None
    return (found if found.tzinfo else found.astimezone()).isoformat()


def time_or_none(option: str, text: str | None) -> str | None:
    """`parse_time`, None for None."""
    return None if text is None else parse_time(option, text)
