"""Writes the generated files; with `--check` only says which are stale: `python3 dev.py generate [--check]`.

A generator is a function that returns the contents of files by their path from the root.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "dev"))

Files = dict[str, bytes]


def configuration() -> Files:
    """`docs/configuration.md`, from the server's settings."""
    import configuration as page

    return {"docs/configuration.md": page.render().encode()}


def reference() -> Files:
    """`docs/reference-python.md`, from the SDK's docstrings."""
    import reference as page

    return {"docs/reference-python.md": page.render().encode()}


def commands() -> Files:
    """`docs/reference-cli.md`, from the commands."""
    import commands as page

    return {"docs/reference-cli.md": page.render().encode()}


def openapi() -> Files:
    """`contracts/openapi.json`, from the REST gateway."""
    import openapi as contract

    return {"contracts/openapi.json": contract.render().encode()}


def python_contracts() -> Files:
    """`sdks/python/mattock/_contracts`: the messages of `contracts/mattock` (the SDK calls services by their paths)."""
    import contract

    return contract.render_messages(ROOT / "contracts", "mattock/v1", "sdks/python/mattock/_contracts")


def engine_contracts() -> Files:
    """`engine/mattock_engine/contracts`: the messages of both contracts."""
    import contract

    target = "engine/mattock_engine/contracts"
    ours = contract.render_messages(ROOT / "contracts", "mattock/v1", f"{target}/mattock")
    shared = contract.render_messages(ROOT / "contracts" / "hatchet", ".", f"{target}/hatchet", own_pool=True)
    return {f"{target}/__init__.py": b'"""Generated from `contracts`."""\n', **ours, **shared}


GENERATORS: tuple[Callable[[], Files], ...] = (
    configuration,
    reference,
    commands,
    python_contracts,
    engine_contracts,
    openapi,
)


def main(check: bool) -> int:
    """Runs all generators; returns 1 if checking and a file is stale."""
    stale = []
    for generator in GENERATORS:
        for name, content in generator().items():
            path = ROOT / name
            if path.exists() and path.read_bytes() == content:
                continue
            stale.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                print(f"wrote {name}")
    if check and stale:
        print(f"stale: {', '.join(stale)}; run `python3 dev.py generate`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
