"""The One Map's server: its doors put together."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import Depends, FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse

from shanshui.web.answers import say_errors
from shanshui.web.asked import asked
from shanshui.web.changes import Changes, changes
from shanshui.web.ogc import ogc
from shanshui.web.page import page
from shanshui.web.people import People
from shanshui.web.processes import processes
from shanshui.web.seen import seen
from shanshui.web.stac import stac
from shanshui.web.studies import Studies, named_folders

MOST_SENT = 20 << 20
"""Bytes that a request may bring: a plan of some ten thousand features [D]."""
_GUARD = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
}


def app_of(folders: list[Path], people: People | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    folders : list of Path
        Studies to be shown.
    people : People, optional
        Who may do what; whoever reaches it is its administrator by default.

    Raises
    ------
    StudyError
        A folder that is no study, or is given twice.
    """
    studies = Studies(named_folders(folders))
    for name in studies:
        studies.study(name)
    people, held = people or People(), Changes(studies)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        held.close()

    app = FastAPI(
        title="shanshui",
        version=version("shanshui"),
        summary="Studies of mountain regions: products, tiles, values, sheets of places.",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)
    _guard(app)
    say_errors(app)
    viewer = [Depends(people.need("viewer"))]
    for router in (asked(studies), seen(studies), ogc(studies), stac(studies)):
        app.include_router(router, dependencies=viewer)
    app.include_router(changes(studies, people, held))
    app.include_router(processes(studies, people, held))
    app.include_router(page())
    return app


def _guard(app: FastAPI) -> None:
    """Limits of what is taken, and what browsers must not do with what is given."""

    @app.middleware("http")
    async def guarded(
        request: Request, follow: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        length = request.headers.get("content-length", "0")
        if request.method in ("POST", "PUT", "PATCH"):
            if "content-length" not in request.headers:
                return JSONResponse({"detail": "the length of what is sent must be told"}, 411)
            if not length.isdigit() or int(length) > MOST_SENT:
                return JSONResponse(
                    {"detail": f"{length} bytes, expected {MOST_SENT} at most"}, 413
                )
        answer = await follow(request)
        for name, value in _GUARD.items():
            answer.headers.setdefault(name, value)
        return answer
