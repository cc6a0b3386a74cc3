"""The dashboard's files, as they were built into the package."""

from __future__ import annotations

import asyncio
import functools
import gzip
import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from ...core.error import Code, Refused

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).resolve().parent.parent.parent / "dashboard"
# Names of built files change with their contents.
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
# What becomes much smaller.
_COMPRESSED = (".js", ".css", ".svg", ".json")
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


@router.get("/assets/{name}")
async def asset(name: str, request: Request) -> Response:
    """A script, a style or a font."""
    file = FOLDER / "assets" / name
    if "/" in name or name.startswith(".") or not file.is_file():
        raise Refused(Code.NOT_FOUND, f"name: no file {name!r}", "name")
    if file.suffix not in _COMPRESSED or not _takes_gzip(request):
        return FileResponse(file, headers=_FOREVER)
    body = await asyncio.to_thread(_compressed, file)
    media_type = mimetypes.guess_type(file.name)[0]
    return Response(body, media_type=media_type, headers={**_FOREVER, "Content-Encoding": "gzip"})


def _takes_gzip(request: Request) -> bool:
    parts = (part.split(";") for part in request.headers.get("accept-encoding", "").lower().split(","))
    return any(name.strip() in ("gzip", "*") and "q=0" not in (each.strip() for each in q) for name, *q in parts)


@functools.lru_cache(maxsize=256)
def _compressed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), mtime=0)


def page(request: Request) -> Response | None:
    """The dashboard, for a path that is nobody else's: what it shows is its own affair. None if it is not meant."""
    path = request.url.path
    if request.method not in ("GET", "HEAD") or path.startswith(("/api/v", "/health/", "/assets/")):
        return None
    file = FOLDER / "index.html"
    if not file.is_file():
        return PlainTextResponse("The dashboard is not built into this package.", 404)
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, media_type="text/html", headers=headers)
