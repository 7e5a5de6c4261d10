"""The study file: one model, read from TOML, with a JSON schema for editors."""

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shanshui.collect.catalog import INPUTS, InputSpec
from shanshui.core.errors import StudyError, nearest
from shanshui.region.grid import GridSpec


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class About(_Section):
    """What the study is called and what it is."""

    name: str = Field(description="Name shown on maps and in the report.")
    name_zh: str | None = Field(default=None, description="The same in Chinese.")
    made_up: bool = Field(
        default=False, description="True when the region does not exist: every map then says so."
    )
    note_zh: str | None = Field(default=None, description="The note in Chinese.")
    note: str | None = Field(default=None, description="One sentence for the report.")


class GridSection(_Section):
    """The study grid: square cells, north up, an equal-area coordinate system in metres."""

    crs: str = Field(description="EPSG code, PROJ string or WKT.")
    cell_m: float = Field(gt=0, description="Side of a cell in metres.")
    left: float = Field(description="Western edge of the first column.")
    top: float = Field(description="Northern edge of the first row.")
    ny: int = Field(gt=0, description="Rows.")
    nx: int = Field(gt=0, description="Columns.")


class DataSection(_Section):
    """Where data files lie."""

    folder: str = Field(default="data", description="Absolute, or below the study folder.")


class StudyFile(_Section):
    """A study: what it is about, its grid, its inputs and the settings of its steps."""

    study: About
    grid: GridSection
    data: DataSection = Field(default_factory=DataSection)
    inputs: dict[str, InputSpec | list[InputSpec]] = Field(
        default_factory=dict,
        description="One entry per input; a list for a table in several files.",
    )
    steps: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Changed settings, by step."
    )

    @field_validator("inputs")
    @classmethod
    def _known_inputs(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name not in INPUTS:
                raise ValueError(f"no input '{name}'; {nearest(name, INPUTS)}")
        return value

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
    if not path.exists():
        raise StudyError(f"{path}: no study here; make one with: shanshui new {path.parent}")
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: not valid TOML: {error}") from None
    try:
        return StudyFile.model_validate(content)
    except ValidationError as error:
        raise StudyError(f"{path}: {_words(error)}") from None


def _words(error: ValidationError) -> str:
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
            lines.append(f"no field '{field}'; {nearest(word, _siblings(fault['loc']))}")
        elif fault["type"] == "list_type":
            continue
        else:
            found = fault.get("input")
            shown = "" if isinstance(found, dict) else f" (found {found!r})"
            lines.append(f"{field}: {fault['msg'].removeprefix('Value error, ')}{shown}")
    return "; ".join(dict.fromkeys(lines))


def _siblings(loc: tuple[int | str, ...]) -> list[str]:
    sections: dict[str, type[BaseModel]] = {
        "study": About,
        "grid": GridSection,
        "data": DataSection,
        "inputs": InputSpec,
    }
    if len(loc) == 1:
        return list(StudyFile.model_fields)
    return list(sections.get(str(loc[0]), InputSpec).model_fields)


def json_schema() -> str:
    """JSON schema of the study file, for editors."""
    schema = StudyFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["inputs"]["propertyNames"] = {"enum": sorted(INPUTS)}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
