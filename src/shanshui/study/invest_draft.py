"""A study that is being made from an argument file: nothing of it is written before all of it can be."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.rasters import raster_input
from shanshui.core.errors import StudyError
from shanshui.region.grid import GridSpec
from shanshui.study.invest_files import ArgumentFile, refuse_remote, true
from shanshui.study.invest_rows import QUIET, Argument, Model
from shanshui.study.new import relative
from shanshui.study.sections import refuse_path

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
ROUTING = {"": "mfd", "MFD": "mfd", "D8": "d8"}
"""Words for the routing of flow, and what they are here."""
LEGENDS = {
    "land_cover": "classes.csv",
    "land_cover_before": "classes.csv",
    "drainage": "drainage.csv",
    "soil_group": "soil_groups.csv",
    "climate_zones": "climate_zones.csv",
}
"""Class table of each map of classes that has one."""
_AS_THEY_ARE = ("coefficients", "polygons")
"""Families of inputs whose zeros nobody suspects."""


@dataclass
class Draft:
    """What the study will hold.

    Attributes
    ----------
    file : ArgumentFile
        What it is made from.
    folder : Path
        Of the study.
    model : Model
        Of the reference.
    args : dict
        Arguments by their current names.
    by_reference : bool
        Lay maps on the grid as the reference does, not as their meaning asks.
    inputs : dict of str to dict
        Words of each declaration.
    steps : dict of str to dict
        Settings by step.
    scenarios : dict of str to dict
        Inputs of each scenario.
    beside : dict of str to str or bytes
        Files of the study by name.
    told : list of str
        What the person should know.
    """

    file: ArgumentFile
    folder: Path
    model: Model
    args: dict[str, Any]
    by_reference: bool = True
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    scenarios: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    beside: dict[str, str | bytes] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    # what the argument file says

    def given(self, name: str) -> bool:
        """Does the argument hold anything?"""
        return self.args.get(name) not in (None, "", False)

    def flag(self, name: str, *, absent: bool = False) -> bool:
        """Is the argument true?"""
        value = self.args.get(name)
        if value in (None, ""):
            return absent
        return true(value)

    def number(self, name: str) -> float:
        """Argument as a number."""
        return self.file.number(name, self.args.get(name))

    def path(self, name: str) -> Path | None:
        """File or folder that an argument names; None where it is blank.

        Raises
        ------
        StudyError
            No path, or one that leads to nothing here.
        """
        text = self.args.get(name)
        if not text:
            return None
        if not isinstance(text, str):
            raise StudyError(
                f"{self.file.path}: {name}: found a {type(text).__name__}; expected the path of a file"
            )
        return self.located(text, name, self.file.here)

    def located(self, text: str, name: str, here: Path) -> Path:
        """Path as written, read from a folder.

        Raises
        ------
        StudyError
            It is remote, no path, or leads to nothing.
        """
        where = f"{self.file.path}: {name}"
        refuse_remote(text, where)
        try:
            refuse_path(text)
        except ValueError as error:
            raise StudyError(f"{where}: {error}") from None
        path = Path(text.replace("\\", "/")).expanduser()
        path = path if path.is_absolute() else here / path
        if not path.exists():
            hint = (
                "that is where it lay on another machine: write where it lies on this one"
                if _DRIVE.match(text)
                else "paths are read from where the argument file lies"
            )
            raise StudyError(f"{where}: no file {path}; {hint}")
        return path

    def table_or_map(self, name: str) -> Path | None:
        """File that an argument names.

        Raises
        ------
        StudyError
            It is a folder.
        """
        path = self.path(name)
        if path is not None and path.is_dir() and path.suffix.lower() not in {".zarr", ".gdb"}:
            raise StudyError(f"{self.file.path}: {name}: {path} is a folder; expected a file")
        return path

    def needed(self, name: str) -> Path:
        """File that an argument must name.

        Raises
        ------
        StudyError
            It is blank.
        """
        path = self.table_or_map(name)
        if path is None:
            raise StudyError(
                f"{self.file.path}: no {name}; is the argument file complete? A run of {self.model.name} needs it"
            )
        return path

    # what the study holds

    def declare(self, ours: str, path: Path, row: Argument | None = None) -> dict[str, Any]:
        """Words of the declaration of an input."""
        words: dict[str, Any] = {"file": relative(path, self.folder)}
        kind = INPUTS[ours]
        if ours in LEGENDS:
            words["legend"] = LEGENDS[ours]
        elif kind.family not in _AS_THEY_ARE:
            words["checked"] = True
        if row is not None and row.unit:
            words["unit"] = row.unit
        if row is not None and row.resampling and self.by_reference:
            words["resampling"] = row.resampling
        return words

    def take_inputs(self) -> None:
        """Declare each file that an argument names."""
        for row in self.model.arguments.values():
            path = self.table_or_map(row.name) if row.role == "input" else None
            if path is not None:
                self.inputs[row.ours[0]] = self.declare(row.ours[0], path, row)

    def take_settings(self) -> None:
        """Take over numbers and the routing of flow.

        Raises
        ------
        StudyError
            One that is no finite number, a routing that is none.
        """
        for row in self.model.arguments.values():
            if row.role == "setting" and self.args.get(row.name) not in (None, ""):
                self.set(row.ours, self.number(row.name))
            elif row.role == "routing":
                word = str(self.args.get(row.name) or "").strip().upper()
                if word not in ROUTING:
                    raise StudyError(
                        f"{self.file.path}: {row.name}: found '{word[:40]}'; expected MFD or D8"
                    )
                if ROUTING[word] != "mfd":
                    self.set(row.ours, ROUTING[word])

    def set(self, places: Iterable[str], value: Any) -> None:
        """Set ``step.setting`` in each place."""
        for place in places:
            step, _, setting = place.partition(".")
            self.steps.setdefault(step, {})[setting] = value

    def has(self, word: str) -> bool:
        """Is an input declared, or an argument given?"""
        return word in self.inputs or (self.flag(word) if self._is_flag(word) else self.given(word))

    def _is_flag(self, word: str) -> bool:
        row = self.model.arguments.get(word)
        return row is not None and row.role == "flag"

    def left_out(self) -> list[str]:
        """Arguments that hold something which the study does not."""
        known = {*self.model.arguments, *QUIET}
        return [name for name in self.args if name not in known and self.given(name)]

    def widen(self, grid: GridSpec) -> None:
        """Let pass what the reference takes though no such value is plausible, and tell it."""
        for row in self.model.arguments.values():
            if row.widest is None or row.ours[0] not in self.inputs:
                continue
            name, path = row.ours[0], self.needed(row.name)
            kind = INPUTS[name]
            spec = InputSpec(file=str(path))
            with raster_input(path, spec, kind, name, grid) as source:
                source.finish(grid)
                look = source.bands.look
                top = look.range(source.bands.look_line)[1] if look.present else 0.0
            if kind.high < top <= row.widest:
                self.inputs[name]["plausible"] = [kind.low, row.widest]
                self.told.append(
                    f"{name}: reaches {top:g} {kind.unit}; soils have up to {kind.high:g}. It ran in InVEST and is taken as it is; if it is "
                    f"stored in other units, set scale in [inputs.{name}] and take plausible away"
                )
