"""Options that several commands share."""

import math
from pathlib import Path
from typing import Annotated

import typer

from shanshui.core.errors import StudyError


def _gigabytes(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise StudyError(f"--memory {value:g}: expected gigabytes, a number above 0")
    return value


Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Study folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace a file that we did not write; inputs and kept results never.",
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        metavar="GB",
        callback=_gigabytes,
        help="What the run may take; by default three quarters of what is free.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Plain JSON, for programs.")]
Variant = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="Products of a variant, instead of the study's own."
    ),
]
