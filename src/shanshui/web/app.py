"""The One Map's server: its doors put together."""

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from shanshui.web.answers import say_errors
from shanshui.web.asked import asked
from shanshui.web.page import page
from shanshui.web.seen import seen
from shanshui.web.studies import Studies, named_folders


def app_of(folders: list[Path]) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    folders : list of Path
        Studies to be shown; they are read and never written.

    Raises
    ------
    StudyError
        A folder that is no study, or is given twice.
    """
    studies = Studies(named_folders(folders))
    for name in studies:
        studies.study(name)
    app = FastAPI(
        title="shanshui",
        version=version("shanshui"),
        summary="Studies of mountain regions: products, tiles, values, sheets of places.",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)
    say_errors(app)
    for router in (asked(studies), seen(studies), page()):
        app.include_router(router)
    return app
