"""A log-in by the organisation's identity provider, in the browser: a small real one on the loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Route, expect

from .conftest import Look, unfold
from .site import Site

pytestmark = [
    # The provider's own affair.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
WHO = "grace@oidc.example"


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that lets in, to look, whom the provider knows."""
    from oidc_provider_mock import User, run_server_in_thread

    person = User(sub=WHO, claims={"email": WHO, "email_verified": True, "name": "Grace"})
    with run_server_in_thread(user_claims=[person]) as provider:
        site = Site(
            tmp_path_factory.mktemp("provider"),
            MATTOCK_OIDC_ISSUER=f"http://127.0.0.1:{provider.server_port}",
            MATTOCK_OIDC_CLIENT_ID="mattock",
            MATTOCK_OIDC_CLIENT_SECRET="a secret",
            MATTOCK_OIDC_ROLE="VIEWER",
        )
        yield site.url
        site.close()


async def test_a_person_of_the_provider_comes_back_to_the_page(provided: str, browser: Browser, look: Look) -> None:
    async def refuse(route: Route) -> None:
        await route.abort()

    context = await browser.new_context(viewport=look[0], color_scheme=look[1])
    page = await context.new_page()
    # The provider's pages would fetch their style from the internet.
    await page.route("https://**", refuse)
    await page.goto(f"{provided}/runs?status=FAILED")
    await page.get_by_role("link", name="Log in by your organisation").click()
    await page.get_by_placeholder("sub").fill(WHO)
    await page.get_by_role("button", name="Authorize").click()
    await expect(page).to_have_url(f"{provided}/runs?status=FAILED")
    await expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    await unfold(page)
    await expect(page.get_by_text(WHO)).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("link", name="Log in by your organisation")).to_be_visible()
    await context.close()
