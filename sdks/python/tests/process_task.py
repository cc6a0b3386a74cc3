"""Tasks that run in processes: those import them by name."""

from __future__ import annotations

import os
from typing import Any

from mattock import Context, Mattock
from pydantic import BaseModel

client = Mattock()


class Crunched(BaseModel):
    """An output."""

    total: int
    process: int
    parent: int


@client.task(executor="process")
def crunch(input: dict[str, int], ctx: Context) -> Crunched:
    """Adds numbers up."""
    ctx.log("crunching")
    return Crunched(total=sum(range(input["n"])), process=os.getpid(), parent=os.getppid())


@client.task(executor="process")
def crash(input: dict[str, Any], ctx: Context) -> float:
    """Fails."""
    return 1 / 0
