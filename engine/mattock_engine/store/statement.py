"""SQL by name: `queries/*.sql`, each statement headed `-- name: …`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_HEADER = re.compile(r"^-- name: (\w+)\n(?:--.*\n)+", re.MULTILINE)


@cache
def statements(topic: str) -> dict[str, str]:
    """The statements of `queries/<topic>.sql`, by name."""
    text = files(__package__).joinpath("queries", f"{topic}.sql").read_text()
    parts = _HEADER.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def statement(topic: str, name: str) -> str:
    """One statement."""
    return statements(topic)[name]
