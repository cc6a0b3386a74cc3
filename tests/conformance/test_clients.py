"""Nothing of what Hatchet's SDK offers over REST is left untried: a test here calls each method of its clients."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import get_type_hints

from hatchet_sdk import Hatchet

HERE = Path(__file__).parent
# No clients of the server's: what the SDK is set to, and what it works with.
NO_CLIENTS = {"config", "current_context", "dispatcher", "listener", "namespace", "tenant_id"}
# They make a client anew, by which others ask.
PLUMBING = {"client", "generate_workflow_run_id"}


def methods() -> set[str]:
    """`runs.cancel` and all others; a method and its async twin are one."""
    found = set()
    for name, attribute in inspect.getmembers(Hatchet, lambda each: isinstance(each, property)):
        if name not in NO_CLIENTS:
            kind = get_type_hints(attribute.fget)["return"]
            for method, _ in inspect.getmembers(kind, callable):
                if not method.startswith("_") and method not in PLUMBING:
                    found.add(f"{name}.{method.removeprefix('aio_')}")
    return found


def called() -> set[str]:
    """What the tests and the workflows beside them name, by whatever variable."""
    found = set()
    for file in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute | ast.Name):
                owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
                found.add(f"{owner}.{node.attr.removeprefix('aio_')}")
    return found


def test_every_method_of_the_clients_is_called() -> None:
    wanted = methods()
    assert len(wanted) > 60
    assert wanted - called() == set()
