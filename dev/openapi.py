"""`contracts/openapi.json`: the REST contract, read off the gateway's routes."""

from __future__ import annotations

import json

from mattock_engine.gateways.rest.app import build


def render() -> str:
    """The contract as text; the version is the contract's own, so that a release changes nothing here."""
    app = build(None, "1", 0)
    return json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
