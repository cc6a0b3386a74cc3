"""`mattock top`: a live view of runs, workflows and workers in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from .rest import Rest


def top(
    interval: Annotated[float, typer.Option(min=0.2, max=60, help="Seconds between two reads.")] = 1.0,
) -> None:
    """Watch runs, workflows and workers live, cancel and replay; `?` lists the keys, `q` quits."""
    rest = Rest()
    # It takes longer to load than most commands to run.
    from .terminal.app import Top
    from .terminal.source import Source

    Top(Source(rest), interval).run()
