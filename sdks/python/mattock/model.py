"""Models for users."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class EmptyModel(BaseModel):
    """An input of which nothing is expected; keeps what there is."""

    model_config = ConfigDict(extra="allow", frozen=True)
