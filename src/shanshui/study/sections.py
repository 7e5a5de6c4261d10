"""What a study file and a scenario share: inputs and settings as declared, and what a scenario adds."""

import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.joining import files_in
from shanshui.core.errors import PlanError, nearest
from shanshui.measures.sentence import measure

LONGEST_PATH, LONGEST_NAME = 4000, 255
BASE = "base"
"""Name of the study itself among its scenarios."""


class Section(BaseModel):
    """A table of a file: no field that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Changes(Section):
    """Inputs and settings, of a study or over it."""

    inputs: dict[str, InputSpec | list[InputSpec]] = Field(
        default_factory=dict,
        description="One entry per input; a list for a table in several files.",
    )
    steps: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Changed settings, by step."
    )

    @field_validator("inputs", mode="before")
    @classmethod
    def _one_file_each(cls, value: Any) -> Any:
        """A list of files is a list of declarations that are alike."""
        if not isinstance(value, dict):
            return value
        return {name: _listed(declared) for name, declared in value.items()}

    @field_validator("inputs")
    @classmethod
    def _known_inputs(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name not in INPUTS:
                raise ValueError(f"no input '{name}'; {nearest(name, INPUTS)}")
            specs = value[name] if isinstance(value[name], list) else [value[name]]
            if not specs:
                raise ValueError(f"{name}: an empty list; give one file at least, or leave it out")
            for spec in specs:
                for text in (
                    spec.file,
                    spec.legend or "",
                    *files_in(spec.crosswalk),
                    *files_in(spec.names),
                ):
                    try:
                        refuse_path(text)
                    except ValueError as error:
                        raise ValueError(f"{name}: {error}") from None
        return value


class Scenario(Changes):
    """A named set of changes over the study or over other scenarios."""

    parent: str | list[str] = Field(
        default=BASE,
        description="What it changes: base, another scenario, or several, of which a later one wins.",
    )
    note: str | None = Field(default=None, description="One sentence for the report.")
    note_zh: str | None = Field(default=None, description="The note in Chinese.")
    author: str | None = Field(default=None, description="Who made it.")
    date: datetime.date | str | None = Field(default=None, description="Of when it is.")
    without: list[str] = Field(default_factory=list, description="Inputs that it leaves out.")
    measures: list[str] = Field(
        default_factory=list,
        description="What is done, one after another: 'land_cover = 5 in plan.gpkg where slope > 25', 'precipitation * 0.9', "
        "'roads add new_road.geojson', 'prices.price * 1.2 where service == 'timber'', 'firms drop where sector == 'mining''.",
    )

    @field_validator("measures")
    @classmethod
    def _can_be_read(cls, value: list[str]) -> list[str]:
        for text in value:
            try:
                measure(text)
            except PlanError as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("without")
    @classmethod
    def _inputs_of_ours(cls, value: list[str]) -> list[str]:
        for name in value:
            if name not in INPUTS:
                raise ValueError(f"no input '{name}'; {nearest(name, INPUTS)}")
        return value

    def told(self) -> dict[str, str | list[str]]:
        """What it says, in words, by kind of change."""
        said: dict[str, str | list[str]] = {
            k: str(v) for k in ("note", "author", "date") if (v := getattr(self, k)) is not None
        }
        inputs = {
            k: ", ".join(s.file or f"{s.value:g}" for s in (v if isinstance(v, list) else [v]))
            for k, v in self.inputs.items()
        }
        lists = {
            "without": self.without,
            "input": [f"{k} = {v}" for k, v in inputs.items()],
            "setting": [
                f"{s}.{k} = {v}" for s, words in self.steps.items() for k, v in words.items()
            ],
            "measure": self.measures,
        }
        return said | {k: list(v) for k, v in lists.items() if v}

    def files(self) -> list[tuple[str, InputSpec]]:
        """Inputs that it takes from one file, with their declaration; not those of several by a pattern."""
        return [
            (word, spec)
            for word, said in self.inputs.items()
            for spec in (said if isinstance(said, list) else [said])
            if spec.file and not set(spec.file) & set("*?[{")
        ]

    @property
    def parents(self) -> list[str]:
        """What it changes, in the order in which a later one wins."""
        return [self.parent] if isinstance(self.parent, str) else self.parent


def _listed(declared: Any) -> Any:
    if isinstance(declared, dict) and isinstance(declared.get("file"), list) and declared["file"]:
        return [{**declared, "file": file} for file in declared["file"]]
    if isinstance(declared, list):
        each = [_listed(d) for d in declared]
        return [one for d in each for one in (d if isinstance(d, list) else [d])]
    return declared


def refuse_path(text: str) -> None:
    """Refuse a text that no file can be called.

    Raises
    ------
    ValueError
        A NUL, a name longer than file systems take, the home of nobody.
    """
    shown = f"'{text[:60]}{'…' if len(text) > 60 else ''}'".replace("\0", "\\0")
    if "\0" in text:
        raise ValueError(f"{shown} holds a NUL character; correct the path")
    if len(text) > LONGEST_PATH or any(len(p.encode()) > LONGEST_NAME for p in Path(text).parts):
        raise ValueError(f"{shown} is too long for a path ({len(text)} letters); shorten it")
    try:
        Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{shown}: there is no such home folder; write the path in full") from None
