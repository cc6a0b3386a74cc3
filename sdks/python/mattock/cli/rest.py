"""Calls to the server's REST API."""

from __future__ import annotations

from typing import Any

import httpx

from ..http import trust
from .connection import Connection, connect
from .error import CommandError

TIMEOUT_SECONDS = 30.0
Json = Any


class Rest:
    """The REST API of one server, as the commands need it; errors come as `CommandError`."""

    def __init__(self, connection: Connection | None = None) -> None:
        self.connection = connection or connect()
        self.tenant = f"/api/v1/tenants/{self.connection.tenant_id}"
        self.stable = f"/api/v1/stable/tenants/{self.connection.tenant_id}"
        self._http = httpx.Client(
            base_url=self.connection.server_url,
            headers={"Authorization": f"Bearer {self.connection.token}"},
            timeout=TIMEOUT_SECONDS,
            verify=trust(*self.connection.tls_files),
        )

    def get(self, path: str, **query: Any) -> Json:
        """Reads a resource; arguments that are None are left out."""
        return self._send("GET", path, params={key: value for key, value in query.items() if value is not None})

    def post(self, path: str, body: Json) -> Json:
        """Sends a body."""
        return self._send("POST", path, json=body)

    def put(self, path: str, body: Json) -> Json:
        """Puts a resource in place."""
        return self._send("PUT", path, json=body)

    def patch(self, path: str, body: Json) -> Json:
        """Changes a resource."""
        return self._send("PATCH", path, json=body)

    def delete(self, path: str, **query: Any) -> Json:
        """Deletes a resource."""
        return self._send("DELETE", path, params=query)

    def rows(self, path: str, **query: Any) -> list[Json]:
        """The rows of a list; arguments that are None are left out."""
        return self.get(path, **query).get("rows") or []

    def workflow_id(self, name: str) -> str:
        """The id of the workflow with exactly this name.

        Raises:
            CommandError: there is none; lists names that are near.
        """
        rows = self.get(f"{self.tenant}/workflows", name=name, limit=200).get("rows") or []
        for row in rows:
            if row["name"] == name:
                return str(row["metadata"]["id"])
        near = ", ".join(sorted(row["name"] for row in rows)[:5])
        raise CommandError(f"there is no workflow {name!r}" + (f"; there is {near}" if near else ""))

    def _send(self, method: str, path: str, **arguments: Any) -> Json:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise CommandError(
                f"no answer from {self.connection.server_url}: {error or type(error).__name__}. Is the server running?"
            ) from None
        if response.is_success:
            return response.json() if response.content else None
        raise CommandError(_explain(response))


def _explain(response: httpx.Response) -> str:
    try:
        body = response.json()
        errors = body.get("errors") or []
        text = "; ".join(item.get("description", "") for item in errors) or body.get("message", "")
    except (ValueError, AttributeError):
        text = ""
    if response.status_code in (401, 403):
        return f"the server at {response.url.copy_with(path='/', query=None)} refuses the token. {text}".rstrip()
    return text or f"the server answered {response.status_code} {response.reason_phrase} to {response.request.url.path}"
