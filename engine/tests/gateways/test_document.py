"""The OpenAPI document is whole: nothing in it is left without words, refusals or a proof of who calls."""

from __future__ import annotations

from typing import Any

from mattock_engine.gateways.rest.app import build
from mattock_engine.gateways.rest.document import OPEN, PERSONAL
from mattock_engine.role import ROLE_OF_OPERATION

DOCUMENT: dict[str, Any] = build(None, "0", 1).openapi()
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_every_operation_has_a_summary_and_a_known_tag() -> None:
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for name, operation in OPERATIONS:
        assert len(operation["summary"]) > 5, name
        assert set(operation["tags"]) <= tags, name


def test_every_parameter_is_described() -> None:
    for name, operation in OPERATIONS:
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (name, parameter["name"])
            if parameter["name"] != "statuses":
                assert "example" in parameter, (name, parameter["name"])


def test_every_answer_has_a_schema_and_refusals_are_problems() -> None:
    for name, operation in OPERATIONS:
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if status in ("204", "304"):
                assert not content, name
            elif status.startswith("2"):
                assert content, (name, status)
                assert all(each["schema"] for each in content.values()), (name, status)
            else:
                assert content["application/problem+json"]["schema"]["$ref"].endswith("/ErrorBody"), (name, status)


# What changes something and takes neither a key nor a tag, and why a second time does no harm.
UNKEYED = {
    "it says what is to be, and is so already": {
        *("cancel", "pause_runs", "resume_runs", "discard_dead_letters", "drop_schedules", "change_schedules"),
        *("put_rate_limit", "drop_rate_limit", "change_queue", "drop_invitation", "revoke_token", "restore"),
        *("change_me", "change_password", "log_in", "log_out", "backfill_cron", "export_traces", "deliver"),
    },
    "its name is taken once": {"make_tenant", "make_webhook", "make_alert_channel", "make_alert_rule"},
    "its answer is a secret that is not kept": {"make_token", "make_login_link", "make_invitation"},
    "it works once": {"accept_invitation"},
    "it changes nothing": {"debug_expression", "test_alert"},
}


def test_every_change_takes_a_key_or_a_tag_or_may_be_made_twice() -> None:
    unkeyed = {
        operation["operationId"]
        for name, operation in OPERATIONS
        if not name.startswith("GET ")
        and not {"Idempotency-Key", "If-Match"} & {each["name"] for each in operation.get("parameters", ())}
    }
    assert unkeyed == set().union(*UNKEYED.values())


def test_every_operation_says_who_may_call_it() -> None:
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"token", "session"}
    ids = {operation["operationId"] for _, operation in OPERATIONS}
    assert ids >= OPEN | PERSONAL
    for name, operation in OPERATIONS:
        assert bool(operation["security"]) == (operation["operationId"] not in OPEN), name
        if operation["operationId"] in ROLE_OF_OPERATION and operation["security"]:
            assert operation["x-role"] == ROLE_OF_OPERATION[operation["operationId"]].name
