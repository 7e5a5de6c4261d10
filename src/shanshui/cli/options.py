"""Options that several commands share."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shanshui.core.errors import StudyError

if TYPE_CHECKING:
    from shanshui.opened import Study


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
Scenario = Annotated[
    str,
    typer.Option("--scenario", metavar="NAME", help="The study as one of its scenarios."),
]
Preview = Annotated[
    int,
    typer.Option(
        "--preview",
        metavar="K",
        min=1,
        help="On cells K times as wide: a first look in seconds; its products stand apart.",
    ),
]
Variant = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="Products of a variant, instead of the study's own."
    ),
]


def opened(folder: Path, variant: str = "", scenario: str = "", preview: int = 1) -> "Study":
    """Study in a folder, as a variant or a scenario of it, or a preview of these.

    Raises
    ------
    StudyError
        Both are asked for.
    """
    from shanshui.opened import open_study

    if variant and scenario:
        raise StudyError("--variant and --scenario: give one of them")
    study = open_study(folder)
    viewed = study.scenario(scenario) if scenario else study.variant(variant)
    return viewed.preview(preview) if preview > 1 else viewed
