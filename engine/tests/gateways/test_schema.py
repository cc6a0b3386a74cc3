"""Requests made up from the OpenAPI document, right and wrong: the answers are what it says, with no error of ours.

`MATTOCK_SCHEMA_EXAMPLES` asks for more of them; what fails is shown with a `curl` that repeats it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from mattock_engine.access import Members
from mattock_engine.gateways.rest.app import build
from mattock_engine.role import Role
from schemathesis import checks
from schemathesis.generation import GenerationMode

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]
EXAMPLES = int(os.environ.get("MATTOCK_SCHEMA_EXAMPLES", "4"))
# They end the caller's own session, or do not end by themselves.
LEFT_OUT = {"log_out", "change_password", "watch_tenant", "watch_run"}
NOT_HTTP = b"Invalid HTTP request received."
# What the document cannot say (that a workflow of a name exists, that two fields exclude each other) is refused too;
# and a wrong tenant or token is replaced by the right one, so what was made wrong may be right. The rest is for
# sequences.
UNFIT = {
    "positive_data_acceptance",
    "negative_data_rejection",
    "use_after_free",
    "ensure_resource_availability",
    "object_level_authorization",
}
checks.load_all_checks()
CHECKS = [checks.CHECKS.get_one(name) for name in checks.CHECKS.get_all_names() if name not in UNFIT]


def try_all(url: str, tenant_id: str, headers: dict[str, str], cookies: dict[str, str]) -> list[str]:
    """What is wrong with the answers, for each operation."""
    schema: Any = schemathesis.openapi.from_dict(build(None, "0", 1).openapi())
    schema.config.base_url = url
    wrong = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.definition.raw["operationId"] in LEFT_OUT:
            continue
        try:
            for mode in GenerationMode:
                # Nothing can be wrong in a request that takes nothing.
                with contextlib.suppress(Unsatisfiable):
                    _try_one(operation, mode, tenant_id, headers, cookies)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            texts = [str(each) for each in getattr(error, "exceptions", [error])]
            wrong.append(f"{operation.label}:\n" + "\n".join(texts)[:3000])
    return wrong


def _try_one(
    operation: Any, mode: GenerationMode, tenant_id: str, headers: dict[str, str], cookies: dict[str, str]
) -> None:
    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        if "tenant" in (case.path_parameters or {}):
            case.path_parameters["tenant"] = tenant_id
        response = case.call(headers=headers, cookies=cookies, timeout=30)
        # What is not HTTP is refused before it is known what it asks for.
        if response.content != NOT_HTTP:
            case.validate_response(response, checks=CHECKS, headers=headers)

    run()


async def test_with_a_token(house: Any) -> None:
    token = await house.tokens.issue(house.theirs.tenant_id, "schema", role=Role.OWNER)
    url = str(house.ours.http.base_url)
    headers = {"Authorization": f"Bearer {token}"}
    wrong = await asyncio.to_thread(try_all, url, house.theirs.tenant_id, headers, {})
    assert not wrong, "\n\n".join(wrong)


async def test_with_a_session(house: Any) -> None:
    members = Members(house.store, house.people)
    code = await members.invite(house.theirs.tenant_id, Role.OWNER, "schema@example.com", Role.OWNER, "test")
    url = str(house.ours.http.base_url)
    async with httpx.AsyncClient(base_url=url) as client:
        body = {"code": code, "name": "T", "password": "long enough for it"}
        assert (await client.post("/api/v1/users/invitations/accept", json=body)).status_code == 204
        cookies = dict(client.cookies)
    headers = {"X-CSRF-Token": cookies["mattock_csrf"]}
    wrong = await asyncio.to_thread(try_all, url, house.theirs.tenant_id, headers, cookies)
    assert not wrong, "\n\n".join(wrong)
