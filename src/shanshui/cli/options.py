"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Study folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace a file that we did not write; inputs and kept results never.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Plain JSON, for programs.")]
Variant = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="Products of a variant, instead of the study's own."
    ),
]
