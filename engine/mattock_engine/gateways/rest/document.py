"""The OpenAPI document: what the routes tell of themselves, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ...role import of_request
from .model import ErrorBody
from .once import OPERATIONS
from .route import CHANGING, TAGGED

# They ask for no proof of who calls, or for one of their own.
OPEN = frozenset(
    ("live", "ready", "meta", "version", "log_in", "log_out", "accept_invitation", "get_invitation", "deliver")
)
# Theirs is a person's session alone.
PERSONAL = frozenset(["change_me", "change_password", "make_tenant"])
_UUID = "01890f5e-8c3a-7b2e-9d4f-1c2b3a4d5e6f"
_AT = "2026-01-31T12:00:00Z"
# What a parameter is, unless the route says so itself, and an example of it.
_PARAMETERS: dict[str, tuple[str, Any]] = {
    "active": ("True: those that hold now; false: those that are over.", True),
    "actor": ("Part of who did it.", "ada@example.com"),
    "additionalMetadata": ("Pairs `key:value` of the metadata, which must all be there.", ["customer:42"]),
    "additional_metadata": ("Pairs `key:value` of the metadata.", ["customer:42"]),
    "additional_metadata_operator": ("AND: all pairs must be there; OR: one of them.", "AND"),
    "attempt": ("Number of an attempt, from 1.", 1),
    "before": ("The last entry that was seen.", _UUID),
    "buckets": ("How many slices of time.", 60),
    "by": ("A label to divide by.", "model"),
    "channel": ("Id of the channel.", _UUID),
    "code": ("What the invitation's link holds.", "a1b2c3"),
    "count": ("How many.", 5),
    "createdAfter": ("From when on.", _AT),
    "cron": ("Id of the cron.", _UUID),
    "cronName": ("Name of the cron.", "nightly"),
    "cursor": ("", "MTc2OTg2MDgwMDAwMDAwMC4wMTg5MGY1ZQ"),
    "decided": ("True: those that were decided; false: those that wait.", True),
    "error": ("The first line of the error.", "ValueError: no such customer"),
    "event": ("Id of the event.", _UUID),
    "eventIds": ("Ids of events.", [_UUID]),
    "expression": ("An expression.", "0 3 * * *"),
    "filter_id": ("Id of the filter.", _UUID),
    "finishedBefore": ("Until when.", _AT),
    "include_payloads": ("False leaves inputs and outputs out.", False),
    "invitation": ("Id of the invitation.", _UUID),
    "key": ("The key.", "refund"),
    "keys": ("Keys of events.", ["order:paid"]),
    "labels": ("Labels `key:value`, which must all be there.", ["region:eu"]),
    "last-event-id": ("", "1a2b3c4d-17"),
    "last_event_id": ("", "1a2b3c4d-17"),
    "levels": ("Levels of lines.", ["ERROR"]),
    "limit": ("Rows at most.", 50),
    "name": ("A name, or in a list a part of one.", "greet"),
    "names": ("Names of figures.", ["tokens"]),
    "offset": ("", 0),
    "only_tasks": ("True lists tasks, false runs.", False),
    "operation": ("Part of what was done.", "replay"),
    "orderByDirection": ("Which way the list is ordered.", "DESC"),
    "orderByField": ("By what the list is ordered.", "createdAt"),
    "order_by_direction": ("ASC: the oldest first; DESC: the newest.", "DESC"),
    "parentStepRunId": ("Id of the task that made them.", _UUID),
    "parentWorkflowRunId": ("Id of the run that made them.", _UUID),
    "parent_task_external_id": ("Id of the task that started them.", _UUID),
    "person": ("Id of the member.", _UUID),
    "refused": ("True: what was refused.", True),
    "rule": ("Id of the rule.", _UUID),
    "run": ("Id of the run.", _UUID),
    "running_filter": ("Of those that run: EVICTED are off their workers, ON_WORKER are not.", "ALL"),
    "schedule": ("Id of the schedule.", _UUID),
    "scopes": ("Scopes of events or filters.", ["customer-42"]),
    "search": ("A part of what is looked for.", "customer 42"),
    "signals": ("", False),
    "since": ("From when on; a time without a zone is UTC.", _AT),
    "sourceNames": ("Kinds of senders.", ["GITHUB"]),
    "status": ("QUEUED or RUNNING.", "QUEUED"),
    "statuses": ("One of these statuses.", None),
    "task": ("Id of the task.", _UUID),
    "taskExternalIds": ("Ids of tasks.", [_UUID]),
    "tenant": ("Id of the tenant: the claim `sub` of a token.", _UUID),
    "timezone": ("A time zone; UTC if it is left out.", "Europe/Berlin"),
    "token": ("Id of the token.", _UUID),
    "topics": ("", "runs,workers"),
    "triggered_by": ("", "CRON"),
    "triggering_event_external_id": ("Id of the event that started them.", _UUID),
    "until": ("Until when.", _AT),
    "version": ("Id of a version.", _UUID),
    "webhookNames": ("Names of webhooks.", ["github"]),
    "worker": ("Id of the worker.", _UUID),
    "worker_id": ("Id of the worker that has, or had, the tasks.", _UUID),
    "workflow": ("The workflow: its id, or where something is made for it its name.", _UUID),
    "workflowId": ("Id of a workflow.", _UUID),
    "workflowIds": ("Ids of workflows.", [_UUID]),
    "workflowName": ("Name of a workflow.", "greet"),
    "workflowRunStatuses": ("Statuses of runs that the events started.", ["FAILED"]),
    "workflow_ids": ("Ids of workflows.", [_UUID]),
}
_REFUSALS = {
    "400": "Something in the request is wrong; `errors` names each field.",
    "403": "Nobody is logged in, the token does not hold, or the role does not suffice.",
    "404": "There is no such thing in this tenant.",
    "409": "It stands in the way of what is there already.",
    "412": "`If-Match`: it has been changed meanwhile.",
    "413": "The body is too large.",
    "422": "`Idempotency-Key`: it was used for another request.",
    "429": "Too many at once; `Retry-After` says when to try again.",
    "501": "This is not built.",
    "503": "The database cannot be reached, or the tenant moves to another replica: try again after `Retry-After`.",
}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "`mattock token` makes one."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "mattock_session",
        "description": "A person's session. What changes something brings the cookie `mattock_csrf` as the header"
        " `X-CSRF-Token`; `X-Mattock-Tenant` chooses the tenant where the path names none.",
    },
}
_TAGS = {
    "runs": "Starting runs, and looking at them.",
    "tasks": "Tasks of runs: looking, cancelling, replaying.",
    "live": "What changes, as server-sent events.",
    "logs": "Lines of logs.",
    "traces": "Spans of runs.",
    "queues": "What waits and why; queues and keys of limits.",
    "dead letters": "What failed for good.",
    "alerts": "Alerts: channels, rules, and what has fired.",
    "signals": "Speaking to running durable tasks, and approvals.",
    "durable tasks": "Histories of durable tasks, and forks of them.",
    "events": "Events, and filters that decide what they start.",
    "webhooks": "Events that other programs send.",
    "workflows": "Workflows, their versions and pauses.",
    "crons": "Runs that are started again and again.",
    "schedules": "Runs that are started once, later.",
    "workers": "Workers.",
    "rate limits": "Rate limits.",
    "metrics": "Figures.",
    "tenant": "The tenant, its tokens and queues.",
    "members": "Members, invitations, the audit log.",
    "account": "The person who calls.",
    "log-in": "Sessions and invitations.",
    "info": "The server.",
}


def describe(app: FastAPI) -> None:
    """Lets the app tell the whole document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _finished(
                get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _finished(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    schemas = components.setdefault("schemas", {})
    problem = ErrorBody.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["ErrorBody"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["tags"] = [{"name": name, "description": text} for name, text in _TAGS.items()]
    tagged = {path for path, methods in document["paths"].items() if _names(methods) & TAGGED}
    for path, method, operation in _operations(document):
        _forget_titles(operation)
        _tell(operation, method, path in tagged)
        for parameter in operation.get("parameters", ()):
            _explain(parameter)
    return document


def _names(methods: dict[str, Any]) -> set[str]:
    return {operation["operationId"] for operation in methods.values()}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _forget_titles(operation: dict[str, Any]) -> None:
    """Answers that are no named model have a title made of the path, which tells nobody anything."""
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            content["schema"].pop("title", None)


def _tell(operation: dict[str, Any], method: str, tagged: bool) -> None:
    name, responses = operation["operationId"], operation["responses"]
    text = operation.get("description", "")
    operation["summary"] = " ".join(text.split("\n\n")[0].split()).rstrip(".") if text else operation["summary"]
    if name not in OPEN:
        operation["security"] = [{"session": []}] if name in PERSONAL else [{"token": []}, {"session": []}]
        operation["x-role"] = of_request(method, name).text
    else:
        operation["security"] = []
    parameters = operation.setdefault("parameters", [])
    refusals = {"400", "403", "404", "409", "429", "501", "503"} if name != "live" else set()
    if "requestBody" in operation or method == "POST":
        refusals.add("413")
    if name in OPERATIONS:
        refusals.add("422")
        parameters.append(_header("Idempotency-Key", "The same key brings the same answer, for a day.", "order-42"))
    if tagged and method in CHANGING:
        refusals.add("412")
        parameters.append(_header("If-Match", "The `ETag` of what the change is meant for.", '"1f2e3d"'))
    if tagged and name in TAGGED:
        parameters.append(_header("If-None-Match", "An `ETag` that is known: 304 if it is still right.", '"1f2e3d"'))
        responses["304"] = {"description": "It is as it was."}
        responses["200"]["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "Its version."}}
    responses.pop("422", None)
    for status in sorted(refusals):
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
        responses.setdefault(status, {"description": _REFUSALS[status], "content": content})
    if not parameters:
        del operation["parameters"]


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": 255}
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": schema,
        "description": description,
        "example": example,
    }


def _explain(parameter: dict[str, Any]) -> None:
    description, example = _PARAMETERS.get(parameter["name"], ("", None))
    if description and not parameter.get("description"):
        parameter["description"] = description
    if example is not None and "example" not in parameter and "examples" not in parameter:
        parameter["example"] = example
