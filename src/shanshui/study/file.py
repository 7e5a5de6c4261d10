"""The study file: one model, read from TOML, with a JSON schema for editors."""

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError, field_validator
from pyproj import CRS
from pyproj.exceptions import CRSError

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.core.errors import StudyError, nearest
from shanshui.region.grid import GridSpec
from shanshui.study.sections import Changes, Scenario, Section, refuse_path

LEAST_CELL, LARGEST_CELL = 0.01, 1e6
"""Side of a cell [m] that a study may have: a centimetre to a thousand kilometres [D]."""
FAR = 1e9
"""Farthest coordinate [m] of a grid's corner: further than any projection of the Earth reaches [D]."""
MOST_ROWS = 10_000_000
"""Rows or columns of a grid; the memory that a run needs is asked when it begins."""


class About(Section):
    """What the study is called and what it is."""

    name: str = Field(description="Name shown on maps and in the report.")
    name_zh: str | None = Field(default=None, description="The same in Chinese.")
    made_up: bool = Field(
        default=False, description="True when the region does not exist: every map then says so."
    )
    note_zh: str | None = Field(default=None, description="The note in Chinese.")
    note: str | None = Field(default=None, description="One sentence for the report.")


class GridSection(Section):
    """The study grid: square cells, north up, an equal-area coordinate system in metres."""

    crs: str = Field(description="EPSG code, PROJ string or WKT.")
    cell_m: float = Field(ge=LEAST_CELL, le=LARGEST_CELL, description="Side of a cell in metres.")
    left: float = Field(ge=-FAR, le=FAR, description="Western edge of the first column.")
    top: float = Field(ge=-FAR, le=FAR, description="Northern edge of the first row.")
    ny: int = Field(gt=0, le=MOST_ROWS, description="Rows.")
    nx: int = Field(gt=0, le=MOST_ROWS, description="Columns.")

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, value: str) -> str:
        try:
            CRS.from_user_input(value)
        except (CRSError, ValueError) as error:
            said = " ".join(str(error).split())[:120]
            raise ValueError(
                f"not a coordinate system ({said}); expected an EPSG code such as EPSG:6933, a PROJ text or WKT"
            ) from None
        return value

    @field_validator("cell_m", "left", "top", "ny", "nx", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("expected a number, not true or false")
        return value


class DataSection(Section):
    """Where data files lie."""

    folder: str = Field(default="data", description="Absolute, or below the study folder.")

    @field_validator("folder")
    @classmethod
    def _can_be_a_path(cls, value: str) -> str:
        refuse_path(value)
        return value


class StudyFile(Changes):
    """A study: what it is about, its grid, its inputs and the settings of its steps."""

    study: About
    grid: GridSection
    data: DataSection = Field(default_factory=DataSection)
    scenarios: dict[str, Scenario] = Field(
        default_factory=dict,
        description="Named sets of changes over the study; each may also stand in scenarios/NAME.toml.",
    )

    def grid_spec(self) -> GridSpec:
        """Return the grid, checked."""
        grid = self.grid
        return GridSpec(grid.crs, grid.cell_m, grid.left, grid.top, grid.ny, grid.nx).checked()

    def specs(self) -> dict[str, list[InputSpec]]:
        """Every input as a list of declarations."""
        return {k: v if isinstance(v, list) else [v] for k, v in self.inputs.items()}


def read_study_file(path: Path) -> StudyFile:
    """Read and check a study file.

    Raises
    ------
    StudyError
        Missing, not TOML, or a field that is not as it must be.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise StudyError(
            f"{path}: no study here; make one with: shanshui new {path.parent}"
        ) from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not valid TOML: {error}; save it as UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StudyError(
            f"{str(path)[:200]}: cannot be read ({reason}); expected a study folder with a {path.name} in it"
        ) from None
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise StudyError(f"{path}: not valid TOML: brackets nested too deep") from None
    except ValueError as error:  # also a number of more digits than Python reads
        raise StudyError(f"{path}: not valid TOML: {str(error)[:200]}") from None
    try:
        return StudyFile.model_validate(content)
    except ValidationError as error:
        raise StudyError(f"{path}: {fault_words(error)}") from None
    except RecursionError:
        raise StudyError(
            f"{path}: values nested too deep; expected text, numbers and lists of them"
        ) from None


def fault_words(error: ValidationError, model: type[BaseModel] = StudyFile) -> str:
    """What is wrong with a file of a model, field by field, in one line."""
    lines = []
    for fault in error.errors():
        # the union of one file and several reports both branches; the branch names are no fields
        field = ".".join(
            str(p)
            for p in fault["loc"]
            if not str(p).startswith(("InputSpec", "list[", "function-"))
        )
        if fault["type"] == "extra_forbidden":
            word = str(fault["loc"][-1])
            lines.append(f"no field '{field}'; {nearest(word, _siblings(fault['loc'], model))}")
        elif fault["type"] == "list_type":
            continue
        else:
            found = fault.get("input")
            shown = "" if isinstance(found, dict) else f" (found {_short(found)})"
            lines.append(f"{field}: {fault['msg'].removeprefix('Value error, ')}{shown}")
    return "; ".join(dict.fromkeys(lines))


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # more digits than Python writes
        return "a number of thousands of digits"
    return text if len(text) <= 80 else text[:79] + "…"


def _siblings(loc: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    sections: dict[str, type[BaseModel]] = {
        "study": About,
        "grid": GridSection,
        "data": DataSection,
        "inputs": InputSpec,
        "scenarios": Scenario,
    }
    if len(loc) == 1:
        return list(model.model_fields)
    if str(loc[0]) == "scenarios" and len(loc) > 3 and str(loc[2]) == "inputs":
        return list(InputSpec.model_fields)
    return list(sections.get(str(loc[0]), InputSpec).model_fields)


def json_schema() -> str:
    """JSON schema of the study file, for editors."""
    schema = StudyFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["inputs"]["propertyNames"] = {"enum": sorted(INPUTS)}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
