"""How a server says that something went wrong: in one line, with a status that programs know."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.routing import Match

from shanshui.core.errors import (
    DataError,
    PlanError,
    QuantityError,
    ResourceError,
    ShanshuiError,
    StoreError,
    StudyError,
)

_METHODS = ("GET", "POST", "PUT", "DELETE")


class Refusal(BaseModel):
    """Why something was refused."""

    detail: str | list[dict[str, Any]]


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": said}
    for status, said in {
        400: "cannot be read", 401: "log in first", 403: "not allowed", 404: "there is no such thing", 409: "held by another, or changed meanwhile",
        411: "without its length", 413: "too large", 422: "asked wrongly", 429: "too much waits", 507: "the disk is full",
    }.items()
}  # fmt: skip
"""Answers that any door may give."""
_STATUS: tuple[tuple[type[ShanshuiError], int], ...] = (
    (QuantityError, 422), (PlanError, 404), (StudyError, 404), (DataError, 422), (StoreError, 409), (ResourceError, 507),
)  # fmt: skip
"""What is asked wrongly, what there is not, what another process holds."""


def status_of(error: ShanshuiError) -> int:
    """Status of an error of the product."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def say_errors(app: FastAPI) -> None:
    """Have an app answer the product's errors in their own words, without paths of the machine."""

    @app.exception_handler(405)
    def other_method(request: Request, error: Exception) -> JSONResponse:
        """The methods of all doors at that address, not of the first alone."""
        known = [
            method
            for method in _METHODS
            if any(
                route.matches({**request.scope, "method": method})[0] == Match.FULL
                for route in app.routes
            )
        ]
        allowed = ", ".join(known)
        return JSONResponse({"detail": f"expected {allowed}"}, 405, {"Allow": allowed})

    @app.exception_handler(ShanshuiError)
    def told(request: Request, error: ShanshuiError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_of(error))
