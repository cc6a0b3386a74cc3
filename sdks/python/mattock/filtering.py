"""Filters of events that are made and changed while all runs: over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from .record import FilterDetails
from .rest import Page, _given, _page, _Request, _Rest


class Filters(_Rest):
    """Filters of events. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses (code 404: there is none of this id), and `ConnectionError` if it is
    not there.
    """

    def create(
        self, workflow_id: str, expression: str, scope: str, payload: Mapping[str, Any] | None = None
    ) -> FilterDetails:
        """Adds a filter to a workflow: from now on, only events of a filter's scope start it.

        Args:
            workflow_id: id of the workflow.
            expression: CEL that says whether; see `EventFilter`.
            scope: equal to the event's.
            payload: a JSON object for the expression, and for the task (`ctx.filter_payload`).
        """
        return self._send(self._create(workflow_id, expression, scope, payload))

    async def aio_create(
        self, workflow_id: str, expression: str, scope: str, payload: Mapping[str, Any] | None = None
    ) -> FilterDetails:
        """Adds a filter to a workflow; as `create`."""
        return await self._aio_send(self._create(workflow_id, expression, scope, payload))

    def list(
        self,
        workflow_ids: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[FilterDetails]:
        """Filters by scope, those that workflows declare among them.

        Args:
            workflow_ids: only filters of these workflows.
            scopes: only filters of these scopes.
            limit: at most so many, up to 1 000.
            cursor: the `next_cursor` of the page before.
        """
        return self._send(self._list(workflow_ids, scopes, limit, cursor))

    async def aio_list(
        self,
        workflow_ids: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[FilterDetails]:
        """Filters by scope; as `list`."""
        return await self._aio_send(self._list(workflow_ids, scopes, limit, cursor))

    def get(self, filter_id: str) -> FilterDetails:
        """A filter."""
        return self._send(self._one("GET", filter_id))

    async def aio_get(self, filter_id: str) -> FilterDetails:
        """A filter."""
        return await self._aio_send(self._one("GET", filter_id))

    def change(
        self,
        filter_id: str,
        *,
        expression: str | None = None,
        scope: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> FilterDetails:
        """Changes a filter that was made here; what is not given stays.

        Args:
            filter_id: its id.
            expression: see `create`.
            scope: see `create`.
            payload: see `create`.
        """
        return self._send(self._one("PATCH", filter_id, _body(expression, scope, payload)))

    async def aio_change(
        self,
        filter_id: str,
        *,
        expression: str | None = None,
        scope: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> FilterDetails:
        """Changes a filter that was made here; as `change`."""
        return await self._aio_send(self._one("PATCH", filter_id, _body(expression, scope, payload)))

    def delete(self, filter_id: str) -> FilterDetails:
        """Takes a filter away.

        Returns:
            What it was.
        """
        return self._send(self._one("DELETE", filter_id))

    async def aio_delete(self, filter_id: str) -> FilterDetails:
        """Takes a filter away; as `delete`."""
        return await self._aio_send(self._one("DELETE", filter_id))

    @property
    def _path(self) -> str:
        return f"/api/v1/stable/tenants/{self._tenant}/filters"

    def _create(
        self, workflow_id: str, expression: str, scope: str, payload: Mapping[str, Any] | None
    ) -> _Request[FilterDetails]:
        body = {"workflowId": workflow_id, **_body(expression, scope, payload)}
        return _Request("POST", self._path, FilterDetails.model_validate, body=body)

    def _list(
        self, workflow_ids: Sequence[str] | None, scopes: Sequence[str] | None, limit: int, cursor: str | None
    ) -> _Request[Page[FilterDetails]]:
        query = {"workflowIds": workflow_ids, "scopes": scopes, "limit": limit, "cursor": cursor}
        return _Request("GET", self._path, _page(FilterDetails), query)

    def _one(self, method: str, filter_id: str, body: dict[str, Any] | None = None) -> _Request[FilterDetails]:
        return _Request(method, f"{self._path}/{filter_id}", FilterDetails.model_validate, body=body)


def _body(expression: str | None, scope: str | None, payload: Mapping[str, Any] | None) -> dict[str, Any]:
    return _given(expression=expression, scope=scope, payload=to_jsonable_python(payload))
