"""No option of Hatchet's SDK is left untried: a test or a flow here gives each parameter of its public methods."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import hatchet_sdk
from hatchet_sdk import Context, DurableContext, Hatchet
from hatchet_sdk.runnables.workflow import Standalone, Workflow

from .test_clients import NO_CLIENTS, PLUMBING

HERE = Path(__file__).parent
OPTIONS = (
    *("BulkPushEventOptions", "BulkPushEventWithMetadata", "ConcurrencyExpression", "DefaultFilter"),
    *("DesiredWorkerLabel", "EvictionPolicy", "ParentCondition", "PushEventOptions", "RateLimit", "RunFilter"),
    *("ScheduleTriggerWorkflowOptions", "SleepCondition", "StatusBasedIdempotencyConfig", "TaskDefaults"),
    *("TriggerWorkflowOptions", "TTLBasedIdempotencyConfig", "UserEventCondition"),
)
# Not the server's, or without effect on it: what the SDK does with them is the SDK's.
_BULK = "the options of many events name their namespace alone; the rest is each event's own"
_EACH = ("additional_metadata", "key", "payload", "priority", "scope")
_PAUSE = "a batch task has no retries, and no pause between them"
_WORKER = "the client leaves it out, but for a child with sticky=True"
_MOCK = "runs the function in the client's process"
OF_THE_CLIENT = {
    **{
        f"BulkPushEventOptions({name})": _BULK
        for name in ("additional_metadata", "key", "payload", "priority", "scope")
    },
    "ScheduleTriggerWorkflowOptions(namespace)": "the client puts it before the name, as for a run",
    "TriggerWorkflowOptions(desired_worker_id)": _WORKER,
    "workflow.create_bulk_run_item(desired_worker_id)": _WORKER,
    "workflow.run(desired_worker_id)": _WORKER,
    "workflow.run_no_wait(desired_worker_id)": _WORKER,
    "hatchet.batch_task(backoff_factor)": _PAUSE,
    "hatchet.batch_task(backoff_max_seconds)": _PAUSE,
    "workflow.batch_task(backoff_factor)": _PAUSE,
    "workflow.batch_task(backoff_max_seconds)": _PAUSE,
    "hatchet.from_embedded(config)": "starts another engine, not this one",
    "scheduled.bulk_delete(statuses)": "the shared contract has no such filter, and the client leaves it out",
    "workflow.add_task(task)": "the decorators' way to the same registration",
    "workflow.mcp_tool(provider)": "makes a tool for agents from the run method",
    "workflow.mcp_tool(kwargs)": "makes a tool for agents from the run method",
    **{
        f"workflow.mock_run({name})": _MOCK
        for name in ("additional_metadata", "dependencies", "input", "lifespan", "parent_outputs", "retry_count")
    },
}


def key_of(owner: str, method: str) -> str:
    """One name for a method and its async twin; for the methods of workflows and of tasks alone."""
    return f"{owner}.{method.removeprefix('aio_')}"


def signatures() -> dict[str, list[str]]:
    """The names of parameters, in order, of each public method and options object."""
    found: dict[str, list[str]] = {}
    owners: list[tuple[str, Any]] = [
        ("hatchet", Hatchet),
        ("ctx", Context),
        ("ctx", DurableContext),
        ("workflow", Workflow),
        ("workflow", Standalone),
    ]
    for name, attribute in inspect.getmembers(Hatchet, lambda each: isinstance(each, property)):
        if name not in NO_CLIENTS - {"listener"}:
            owners.append((name, get_type_hints(attribute.fget)["return"]))
    for owner, kind in owners:
        for method, call in inspect.getmembers(kind, callable):
            if not method.startswith("_") and method not in PLUMBING:
                names = [each for each in inspect.signature(call).parameters if each not in ("self", "cls")]
                found.setdefault(key_of(owner, method), names)
    for name in OPTIONS:
        found[name] = list(inspect.signature(getattr(hatchet_sdk, name)).parameters)
    return found


class Scope:
    """One function of a module with all that is within it, or what stands outside of functions.

    Args:
        tree: it.
        known: the parameters of each method.
    """

    def __init__(self, tree: ast.AST, known: dict[str, list[str]]) -> None:
        self._known = known
        self._nodes = list(ast.walk(tree))
        # Variables that stand for a client or a method: `runs = hatchet.runs`.
        self._meant: dict[str, ast.expr] = {}
        for node in self._nodes:
            if isinstance(node, ast.Assign):
                self._note(node.targets[0], node.value)

    def _note(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for each, its in zip(target.elts, value.elts, strict=False):
                self._note(each, its)
        elif isinstance(target, ast.Name) and isinstance(value, ast.Attribute):
            self._meant[target.id] = value

    def _last(self, node: ast.expr) -> str:
        """The last name of what a variable or an attribute stands for."""
        if isinstance(node, ast.Name):
            meant = self._meant.get(node.id)
            return meant.attr if isinstance(meant, ast.Attribute) else node.id
        return node.attr if isinstance(node, ast.Attribute) else ""

    def _key(self, call: ast.expr) -> str:
        """Which of the known methods is called, or ""."""
        if isinstance(call, ast.Name) and call.id in self._meant:
            call = self._meant[call.id]
        if isinstance(call, ast.Name):
            return call.id if call.id in OPTIONS else ""
        if not isinstance(call, ast.Attribute):
            return ""
        for owner in (self._last(call.value), "workflow"):
            if (key := key_of(owner, call.attr)) in self._known:
                return key
        return ""

    def given(self) -> set[str]:
        """`runs.list(since)` and all other parameters that get a value."""
        passed = dict(self._passing())
        found = set()
        for node in self._nodes:
            if not isinstance(node, ast.Call):
                continue
            func, args = _called(node)
            name = func.id if isinstance(func, ast.Name) else ""
            key = passed.get(name) or self._key(func)
            names = [each.arg for each in node.keywords if each.arg]
            if name not in passed and not any(isinstance(each, ast.Starred) for each in args):
                names += self._known.get(key, [])[: len(args)]
            found |= {f"{key}({each})" for each in names if key}
        return found

    def _passing(self) -> Iterator[tuple[str, str]]:
        """Functions that hand all their keywords on, with the method that gets them."""
        for node in self._nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.args.kwarg:
                for call in ast.walk(node):
                    if isinstance(call, ast.Call) and any(_is(each, node.args.kwarg.arg) for each in call.keywords):
                        yield node.name, self._key(_called(call)[0])


def _called(call: ast.Call) -> tuple[ast.expr, list[ast.expr]]:
    """What is called, and by which positional values; in a thread, too."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "to_thread":
        return call.args[0], call.args[1:]
    return call.func, call.args


def _is(keyword: ast.keyword, name: str) -> bool:
    """Whether it is `**name`."""
    return keyword.arg is None and isinstance(keyword.value, ast.Name) and keyword.value.id == name


def given(known: dict[str, list[str]]) -> set[str]:
    """All parameters that get a value here."""
    found = set()
    for file in HERE.glob("*.py"):
        module = ast.parse(file.read_text("utf-8"))
        found |= Scope(module, known).given() if file.name == "limit_flow.py" else set()
        for tree in module.body:
            found |= Scope(tree, known).given()
    return found


def test_every_parameter_gets_a_value() -> None:
    known = signatures()
    wanted = {f"{key}({name})" for key, names in known.items() for name in names}
    assert len(wanted) > 300
    found = given(known)
    assert wanted - found - OF_THE_CLIENT.keys() == set()
    assert OF_THE_CLIENT.keys() - (wanted - found) == set(), "no exceptions that are none"
