"""The One Map's server: its doors put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shanshui.kernels.crew import available
from shanshui.web.answers import REFUSALS, say_errors
from shanshui.web.asked import asked
from shanshui.web.changes import Changes, changes
from shanshui.web.ogc import ogc
from shanshui.web.page import page
from shanshui.web.people import People
from shanshui.web.processes import processes
from shanshui.web.seen import seen
from shanshui.web.stac import stac
from shanshui.web.studies import Studies, named_folders

AT_ONCE = 4
"""Questions beyond the number of processors that are answered at once [D]: some wait for the disk."""
_PACKED = ("/tiles/", "/files/")
"""Doors whose answers are packed already."""
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
        # more than there are processors wait for one another, each with memory of its own
        current_default_thread_limiter().total_tokens = available() + AT_ONCE
        yield
        held.close()

    app = FastAPI(
        title="shanshui",
        version=version("shanshui"),
        summary="Studies of mountain regions: products, tiles, values, sheets of places.",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        responses=REFUSALS,
    )
    app.add_middleware(_Packed, minimum_size=1024, compresslevel=4)
    app.add_middleware(_Guard)
    say_errors(app)
    viewer = [Depends(people.need("viewer"))]
    for router in (asked(studies), seen(studies), ogc(studies), stac(studies)):
        app.include_router(router, dependencies=viewer)
    app.include_router(changes(studies, people, held))
    app.include_router(processes(studies, people, held))
    app.include_router(page())
    return app


class _Packed(GZipMiddleware):
    """Packs what is not packed already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PACKED):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Guard:
    """Limits of what is taken, and what browsers must not do with what is given."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within the limits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _GUARD.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] in ("POST", "PUT", "PATCH"):
            length = Headers(scope=scope).get("content-length")
            if length is None:
                await JSONResponse({"detail": "the length of what is sent must be told"}, 411)(
                    scope, receive, guarded
                )
                return
            if not length.isdigit() or int(length) > MOST_SENT:
                answer = JSONResponse(
                    {"detail": f"{length} bytes, expected {MOST_SENT} at most"}, 413
                )
                await answer(scope, receive, guarded)
                return
        await self.app(scope, receive, guarded)
