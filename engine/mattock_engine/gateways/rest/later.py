"""Routes of the shared contract whose features this engine does not have: 501, so that a client says so at once."""

from __future__ import annotations

from typing import NoReturn

from fastapi import APIRouter, Request

from ...core.error import Code, Refused
from .context import Caller

router = APIRouter(include_in_schema=False)

STABLE = "/api/v1/stable/tenants/{tenant}"
TENANT = "/api/v1/tenants/{tenant}"
# Path, with all that is below it; method "*" is all of them.
MISSING: tuple[tuple[str, str], ...] = (
    ("*", f"{STABLE}/logs"),
    ("GET", f"{TENANT}/prometheus-metrics"),
    ("DELETE", "/api/v1/workflows/{workflow}"),
    ("GET", "/api/v1/workflows/{workflow}/metrics"),
)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def _missing(request: Request, caller: Caller) -> NoReturn:
    raise Refused(Code.UNIMPLEMENTED, f"{request.method} {request.url.path}: not supported by this engine")


for _method, _path in MISSING:
    _methods = _METHODS if _method == "*" else [_method]
    router.add_api_route(_path, _missing, methods=_methods, response_model=None)
    if _method == "*":
        router.add_api_route(f"{_path}/{{below:path}}", _missing, methods=_methods, response_model=None)
