"""Log-in by an identity provider, a small real one on the loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from mattock_engine.access import Members, OidcSettings
from mattock_engine.gateways import rest
from mattock_engine.identity import new_id
from mattock_engine.role import Role

from .conftest import LIMIT, listener

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # The provider's own affair.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
STRANGER, GUEST, UNVERIFIED = "stranger@oidc.example", "guest@oidc.example", "unverified@oidc.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The URL of a provider that knows some people."""
    from oidc_provider_mock import User, run_server_in_thread

    people = [
        User(sub=email, claims={"email": email, "email_verified": email != UNVERIFIED, "name": email.split("@")[0]})
        for email in (STRANGER, GUEST, UNVERIFIED)
    ]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@dataclass
class Site:
    """A server that knows the provider."""

    url: str

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url)


async def serve(house: Any, issuer: str, role: str) -> tuple[Site, Any]:
    sock, port = listener()
    settings = OidcSettings(issuer, "mattock", "a secret", role)
    app = rest.build_app(
        house.engine, house.store, house.tokens, house.people, max_payload_bytes=LIMIT, version="1", oidc=settings
    )
    return Site(f"http://127.0.0.1:{port}"), await rest.serve(app, sock)


@pytest_asyncio.fixture(loop_scope="session")
async def closed(house: Any, issuer: str) -> AsyncIterator[Site]:
    """A server that lets in members and the invited alone."""
    site, server = await serve(house, issuer, "")
    yield site
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def free(house: Any, issuer: str) -> AsyncIterator[Site]:
    """A server that lets everybody in, to look."""
    site, server = await serve(house, issuer, "VIEWER")
    yield site
    await server.stop()


async def at_provider(browser: httpx.AsyncClient, who: str, to: str = "/") -> str:
    """Goes to the provider and says there who it is; where the provider sends the browser back to."""
    begun = await browser.get("/login/oidc", params={"to": to})
    assert begun.status_code == 303, begun.text
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    async with httpx.AsyncClient() as other:
        answered = await other.post(begun.headers["location"], data={"sub": who})
    assert answered.status_code in (302, 303), answered.text
    return str(answered.headers["location"])


async def test_a_stranger_is_let_in_to_look(free: Site, house: Any) -> None:
    async with free.browser() as browser:
        done = await browser.get(await at_provider(browser, STRANGER, "/runs?status=FAILED"))
        assert (done.status_code, done.headers["location"]) == (303, "/runs?status=FAILED")
        me = (await browser.get("/api/v1/me")).json()
        assert (me["email"], me["name"], me["role"]) == (STRANGER, "stranger", "VIEWER")
        assert "oidc" in (await browser.get("/api/v1/meta")).json()["auth"]["schemes"]


async def test_only_the_invited_come_in(closed: Site, house: Any) -> None:
    async with closed.browser() as browser:
        refused = await browser.get(await at_provider(browser, GUEST))
        assert refused.status_code == 403
        assert "ask for an invitation" in refused.text
        assert await house.people.by_email(GUEST) is None
        await Members(house.store, house.people).invite(house.theirs.tenant_id, Role.OWNER, GUEST, Role.ADMIN, "test")
        assert (await browser.get(await at_provider(browser, GUEST))).status_code == 303
        me = (await browser.get("/api/v1/me")).json()
        assert (me["tenantId"], me["role"]) == (house.theirs.tenant_id, "ADMIN")


async def test_an_address_that_nobody_vouches_for(free: Site) -> None:
    async with free.browser() as browser:
        refused = await browser.get(await at_provider(browser, UNVERIFIED))
        assert refused.status_code == 403
        assert "does not vouch" in refused.text
        assert (await browser.get("/api/v1/me")).status_code == 403


async def test_an_answer_to_another_browser_is_refused(free: Site) -> None:
    async with free.browser() as browser, free.browser() as other:
        back = await at_provider(browser, STRANGER)
        assert (await other.get(back)).status_code == 403
        await at_provider(other, STRANGER)
        refused = await other.get(back)
        assert refused.status_code == 403
        assert "another browser" in refused.text
        forged = await browser.get(back.replace("code=", "code=x"))
        assert forged.status_code == 403
        assert "the provider refuses" in forged.text


async def test_it_goes_on_nowhere_else(free: Site) -> None:
    async with free.browser() as browser:
        done = await browser.get(await at_provider(browser, STRANGER, "//evil.example/"))
        assert done.headers["location"] == "/"


async def test_a_provider_that_is_down(house: Any) -> None:
    sock, port = listener()
    sock.close()
    site, server = await serve(house, f"http://127.0.0.1:{port}", "VIEWER")
    async with site.browser() as browser:
        refused = await browser.get(f"/login/oidc?to=/{new_id()}")
        assert refused.status_code == 403
        assert "cannot be reached" in refused.text
    await server.stop()


async def test_a_server_without_a_provider(house: Any) -> None:
    async with httpx.AsyncClient(base_url=house.ours.http.base_url) as browser:
        assert (await browser.get("/login/oidc")).status_code == 403
        assert (await browser.get("/login/oidc/callback?code=x&state=y")).status_code == 403
