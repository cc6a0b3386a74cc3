"""`mattock dashboard`: a link that opens the dashboard."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from .rest import Rest


def dashboard(
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Print a link that logs you into the dashboard, once, within a quarter of an hour."""
    rest = Rest()
    url = rest.post(f"{rest.tenant}/login-links", {})["url"]
    print(url)
    if open_:
        webbrowser.open(url)
