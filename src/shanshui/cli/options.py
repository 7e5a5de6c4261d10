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


def place(text: str) -> tuple[float, float]:
    """Longitude and latitude of ``--at``.

    Raises
    ------
    StudyError
        Not two numbers, or beyond the Earth.
    """
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise StudyError(f"--at {text}: expected longitude,latitude such as 108.95,33.5") from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise StudyError(
            f"--at {text}: expected a longitude within 180 and a latitude within 90 degrees, in that order"
        )
    return lon, lat


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
Language = Annotated[
    str,
    typer.Option(
        "--lang",
        metavar="NAME",
        help="Language of words: en, zh, or one of the study's own, a file words/NAME.csv in its folder.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Plain JSON, for programs.")]
Variant = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="Products of a variant, instead of the study's own."
    ),
]
