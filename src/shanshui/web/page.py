"""The page and what it is made of, as it comes with the package: nothing is asked of another machine."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from shanshui.core.errors import PlanError
from shanshui.web.ogc import landing

BUILT = "web/built"
"""Where the build puts the page."""
_KINDS = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".json": "application/json", ".woff2": "font/woff2", ".png": "image/png", ".svg": "image/svg+xml",
}  # fmt: skip


def built() -> Path | None:
    """Folder of the page; None where it has not been built."""
    place = Path(str(files("shanshui").joinpath(BUILT)))
    return place if (place / "index.html").is_file() else None


def page() -> APIRouter:
    """Doors to the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def first(request: Request, f: str = "") -> Response:
        if f == "json" or "text/html" not in request.headers.get("accept", "text/html"):
            return JSONResponse(landing(request))
        place = built()
        if place is None:
            return HTMLResponse(_NOT_BUILT, 503)
        return FileResponse(place / "index.html", headers={"Cache-Control": "no-cache"})

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        place = built()
        known = {} if place is None else {f.name: f for f in (place / "assets").iterdir()}
        if name not in known:
            raise PlanError(f"assets: no '{name}'")
        kind = _KINDS.get(known[name].suffix, "application/octet-stream")
        return FileResponse(
            known[name], media_type=kind, headers={"Cache-Control": "max-age=31536000, immutable"}
        )

    return router


_NOT_BUILT = (
    "<!doctype html><title>shanshui</title><p>The page has not been built: run <code>make page</code> in the clone. "
    "The doors are there: <a href='/api'>/api</a>."
)
