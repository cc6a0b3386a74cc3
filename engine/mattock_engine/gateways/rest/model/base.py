"""What all bodies are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

Status = Literal["QUEUED", "RUNNING", "COMPLETED", "CANCELLED", "FAILED"]
LogLevel = Literal["DEBUG", "INFO", "WARN", "ERROR"]
WorkerStatus = Literal["ACTIVE", "INACTIVE", "PAUSED"]
Object = dict[str, Any]


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


# An object in a request; null is an empty one: Go's SDK sends that for a map that is not set.
Given = Annotated[Object, BeforeValidator(_or_empty, json_schema_input_type=Object | None)]


def _with_zone(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# A time in a request; one without a zone is UTC.
Moment = Annotated[datetime, AfterValidator(_with_zone)]


def moment(seconds: float) -> datetime:
    """A time from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(seconds: float) -> datetime | None:
    """A time, None for 0."""
    return moment(seconds) if seconds else None


class Body(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ErrorItem(Body):
    """One thing that is wrong."""

    description: str
    field: str | None = None
    code: int | None = None


class ErrorBody(Body):
    """Why a request was refused: problem details (RFC 9457); `errors` names each field that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorItem]


class Metadata(Body):
    """Id and times of a resource."""

    id: str
    created_at: datetime
    updated_at: datetime


class Pagination(BaseModel):
    """Where a page is; numbers from 1. `num_pages` counts what is known so far: this page, and a next one if any.

    `next_cursor` goes into `cursor`, where a list takes one; it is there while more may follow.
    """

    current_page: int | None = None
    next_page: int | None = None
    num_pages: int | None = None
    next_cursor: str | None = None
    # Of a search: everything after this time has been looked through.
    searched_until: datetime | None = None
