"""How a server says that something went wrong: in one line, with a status that programs know."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shanshui.core.errors import (
    DataError,
    PlanError,
    QuantityError,
    ResourceError,
    ShanshuiError,
    StoreError,
    StudyError,
)

_STATUS: tuple[tuple[type[ShanshuiError], int], ...] = (
    (QuantityError, 422), (PlanError, 404), (StudyError, 404), (DataError, 422), (StoreError, 409), (ResourceError, 507),
)  # fmt: skip
"""What is asked wrongly, what there is not, what another process holds."""


def status_of(error: ShanshuiError) -> int:
    """Status of an error of the product."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def say_errors(app: FastAPI) -> None:
    """Have an app answer the product's errors in their own words, without paths of the machine."""

    @app.exception_handler(ShanshuiError)
    def told(request: Request, error: ShanshuiError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_of(error))
