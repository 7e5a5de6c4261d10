"""What the classes of a study's land cover mean: legend, coefficients, and maps and tables of other legends, at the door."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.collect.adapt import coefficients_input
from shanshui.collect.by_meaning import by_cover, laid_on
from shanshui.collect.catalog import InputSpec, Specs, located
from shanshui.collect.classes import SHIPPED, Legend, class_file, class_table, legend
from shanshui.collect.inputs import INPUTS
from shanshui.collect.quality import Verdict
from shanshui.collect.rasters import raster_input
from shanshui.collect.recognition import evidence_of, recognised
from shanshui.collect.translation import translated
from shanshui.core.errors import DataError, ShanshuiError
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, Step
from shanshui.flow.work import Context
from shanshui.region.grid import GridSpec

Digest = Callable[[Path, str], str]
CLASSES = "cover_classes"
NEED_MEANING = ("cover_type", "settlement_weight")
"""Steps that cannot be right where a legend does not tell what its classes mean; others follow from them."""


@dataclass(frozen=True)
class CoverMap:
    """The land cover of a study, as declared.

    Attributes
    ----------
    specs : list of InputSpec
        Its declarations.
    paths : list of Path
        Its files.
    """

    specs: list[InputSpec]
    paths: list[Path]

    @property
    def word(self) -> str | None:
        """Legend, where it is declared."""
        return self.specs[0].legend

    def legend(self, grid: GridSpec) -> Legend:
        """Legend of the map: as declared, or by every cell of it.

        Raises
        ------
        DataError
            None that is known, or several that it may be.
        """
        if self.word is not None:
            return legend(self.word)
        with raster_input(
            self.paths, self.specs, INPUTS["land_cover"], "land_cover", grid
        ) as source:
            if source.spec.legend is not None:
                return legend(source.spec.legend)  # the words of polygons tell it
            source.check_overlap(grid)
            source.finish(grid)
            found = evidence_of(source.path, self.specs[0], "land_cover")
            return recognised(source.bands.look.codes, found, "land_cover").legend

    def digests(self, digest: Digest) -> dict[str, str]:
        """What decides the legend."""
        if self.word is not None:
            return {"legend": digest(class_file(self.word), "land_cover")}
        told = {path.name: digest(path, "land_cover") for path in self.paths}
        return told | {f"legend {n}": digest(class_file(n), "land_cover") for n in SHIPPED}


def with_meaning(
    sources: list[Source], specs: Specs, folders: list[Path], digest: Digest
) -> list[Source]:
    """Add what the land cover's legend says, and bring what is by class to that legend.

    Parameters
    ----------
    sources : list of Source
        As declared.
    specs : mapping
        Declarations.
    folders : list of Path
        Where relative paths are looked for.
    digest : callable
        Digest of a file.

    Returns
    -------
    list of Source
        With ``cover_classes``, and with coefficients by what the classes mean where the study gives none.

    Raises
    ------
    DataError
        A legend that is declared as an input of its own.
    """
    if CLASSES in specs:
        raise DataError(
            f'{CLASSES}: is the legend of the land cover; leave [inputs.{CLASSES}] out and set legend = "…" in [inputs.land_cover]'
        )
    made = {source.name: source for source in sources}
    if "biophysical" in made:
        made["biophysical"] = _headed(made["biophysical"], specs["biophysical"], folders)
    if "land_cover" not in made:
        return list(made.values())
    declared = specs["land_cover"]
    cover = CoverMap(declared, [located(spec, folders) for spec in declared])
    made[CLASSES] = _classes(cover, digest)
    made["biophysical"] = _coefficients(made.get("biophysical"), specs, folders, cover, digest)
    if "land_cover_before" in made:
        before = CoverMap(
            specs["land_cover_before"], [located(s, folders) for s in specs["land_cover_before"]]
        )
        if before.word is None or before.word != cover.word:
            made["land_cover_before"] = _before(made["land_cover_before"], before, cover, digest)
    if "land_cover_areas" in made:
        own = specs["land_cover_areas"][0].legend
        made["land_cover_areas"] = _areas(made["land_cover_areas"], own, cover, digest)
    return list(made.values())


def _classes(cover: CoverMap, digest: Digest) -> Source:
    def make(context: Context) -> pd.DataFrame:
        return class_rows(cover.legend(context.grid))

    text = cover.word or "recognised from the map"
    parts = {"legend": "declared" if cover.word else "recognised"}
    return Source(
        CLASSES, INPUTS[CLASSES].gives, text, parts, lambda: cover.digests(digest), make, class_rows
    )


def class_rows(one: Legend) -> pd.DataFrame:
    """Rows of a legend: class, name in both languages, what it means, colour."""
    table = one.table[["name", "name_zh", "cover", "colour"]].rename_axis("class").reset_index()
    return table.astype(dict.fromkeys(("name", "name_zh", "cover", "colour"), object))


def shipped_coefficients() -> Path:
    """Coefficients by cover that stand where a study gives none."""
    return Path(str(files("shanshui.collect").joinpath("biophysical.csv")))


@cache
def _table(path: Path, changed_ns: int, spec_text: str) -> pd.DataFrame:
    return coefficients_input(path, InputSpec.model_validate_json(spec_text), "biophysical")


def _read(path: Path, spec: InputSpec) -> pd.DataFrame | None:
    """Table of coefficients as it stands now; none where it cannot be read: the run that reaches it says why."""
    try:
        return _table(path, path.stat().st_mtime_ns, spec.model_dump_json())
    except (ShanshuiError, OSError):
        return None


def _headed(source: Source, declared: list[InputSpec], folders: list[Path]) -> Source:
    """Note which columns a table of coefficients has, so that models that lack one are left out."""
    frame = _read(located(declared[0], folders), declared[0])
    return source if frame is None else replace(source, heads=frozenset(map(str, frame.columns)))


def _coefficients(
    given: Source | None, specs: Specs, folders: list[Path], cover: CoverMap, digest: Digest
) -> Source:
    """The study's own table, laid on the legend where it is by cover; the shipped one where there is none."""
    spec = specs["biophysical"][0] if given else InputSpec(file=str(shipped_coefficients()))
    path = located(spec, folders)
    frame = _read(path, spec)
    if given is not None and (frame is None or not by_cover(frame)):
        return given

    def digests() -> dict[str, str]:
        own = given.digests() if given else {path.name: digest(path, "biophysical")}
        return own | cover.digests(digest)

    def make(context: Context) -> pd.DataFrame:
        return coefficients_of(path, spec, cover.legend(context.grid))

    heads = frozenset({"lucode", *map(str, [] if frame is None else frame.columns)})
    parts = given.parts if given else {"declared": []}
    text = given.file if given else "assumed by cover"
    gives = INPUTS["biophysical"].gives
    return Source("biophysical", gives, text, parts, digests, make, coefficients_of, heads=heads)


def coefficients_of(path: Path, spec: InputSpec, one: Legend) -> pd.DataFrame:
    """Coefficients by cover, laid on the classes of a legend."""
    out = laid_on(coefficients_input(path, spec, "biophysical"), one, "biophysical")
    out.attrs["units"] = {}
    return out


def _before(source: Source, before: CoverMap, cover: CoverMap, digest: Digest) -> Source:
    def digests() -> dict[str, str]:
        return (
            source.digests()
            | {f"before {k}": v for k, v in before.digests(digest).items()}
            | cover.digests(digest)
        )

    def make(context: Context) -> Any:
        own, other = before.legend(context.grid), cover.legend(context.grid)
        made = source.make(context)
        if own.name == other.name or own.table["name"].equals(other.table["name"]):
            return made
        return context.objects.keep(recoded(context.objects.get(made), own, other))

    return replace(source, digests=digests, make=make, code=recoded)


def recoded(grid: xr.DataArray, own: Legend, other: Legend) -> xr.DataArray:
    """Map of one legend in the classes of another, by what they mean.

    Raises
    ------
    DataError
        A class on the map that may be several of the other legend.
    """
    missing = grid.attrs["nodata"]
    codes = [int(c) for c in np.unique(grid.values) if c != missing]
    turn = translated(codes, own, other, "land_cover_before")
    out = np.full(grid.shape, -32768, np.int32)
    for code, to in turn.items():
        out[grid.values == code] = to
    return grid.copy(data=out).assign_attrs(nodata=-32768)


def _areas(source: Source, own: str | None, cover: CoverMap, digest: Digest) -> Source:
    def digests() -> dict[str, str]:
        table = {"legend of the table": digest(class_file(own), "land_cover_areas")} if own else {}
        return source.digests() | table | cover.digests(digest)

    def make(context: Context) -> pd.DataFrame:
        other = cover.legend(context.grid)
        return areas_by_class(source.make(context), legend(own) if own else other, other)

    return replace(source, digests=digests, make=make, code=areas_by_class)


def areas_by_class(frame: pd.DataFrame, own: Legend, other: Legend) -> pd.DataFrame:
    """Areas of classes that a table names by code or in words, by code of the land cover's legend.

    Raises
    ------
    DataError
        A class that the legend does not have.
    """
    named = {word: own.code_of(word) for word in frame["class"].unique()}
    strange = [str(word) for word, code in named.items() if code is None]
    if strange:
        raise DataError(
            f"land_cover_areas.class: {', '.join(strange[:8])} is no class of the legend {own.name}; name its classes by code or by "
            'name, or say whose they are: legend = "…" in [inputs.land_cover_areas]'
        )
    codes = frame["class"].map(named).astype("int64")
    if own.name != other.name:
        codes = codes.map(
            translated(sorted(map(int, codes.unique())), own, other, "land_cover_areas")
        )
    keys = ["code", "year", "class"]
    out: pd.DataFrame = frame.assign(**{"class": codes})
    if out.duplicated(keys).any():
        # classes that the other legend holds as one; a sum of which a part is missing is missing
        each = out.groupby(keys, sort=False)["area_km2"]
        out = each.agg(lambda part: part.sum(skipna=False)).reset_index()
    out = out.sort_values(keys, ignore_index=True)
    out.attrs = dict(frame.attrs)
    return out


def left_out(specs: Specs, sources: Iterable[Source] = ()) -> dict[str, str]:
    """What cannot be right because the declared legend does not say what its classes mean, and why.

    Parameters
    ----------
    specs : mapping
        Declarations.
    sources : iterable of Source
        Of the study; coefficients by cover cannot be laid on such a legend.

    Returns
    -------
    mapping of product to reason
        Empty where every class has a meaning, or the legend is found out from the map.
    """
    word = specs["land_cover"][0].legend if "land_cover" in specs else None
    if word is None:
        return {}
    try:
        table = class_table(word)
    except ShanshuiError:
        return {}  # the run names what is wrong with it
    blank = table.index[table["cover"] == ""]
    if not len(blank):
        return {}
    shown = ", ".join(f"{c} ({table['name'][c]})" for c in blank[:6])
    why = (
        f"the legend {Path(word).name} does not tell what {shown} mean; give these rows a word in a column group: water, built, "
        "farmed, forest, shrub, grass, wetland, bare, ice …"
    )
    laid = [s.name for s in sources if s.code is coefficients_of]
    return dict.fromkeys([*NEED_MEANING, *laid], why)


def told(plan: Plan, verdicts: list[Verdict], specs: Specs) -> list[Verdict]:
    """Verdicts with what each model of the land cover's classes has and lacks.

    Parameters
    ----------
    plan : Plan
        Of the study.
    verdicts : list of Verdict
        Of its inputs.
    specs : mapping
        Declarations.
    """
    source = plan.steps.get("biophysical")
    by_name = {v.name: v for v in verdicts}
    if "land_cover" in by_name and (whys := set(left_out(specs).values())):
        by_name["land_cover"].doubts.append(
            f"land_cover: {whys.pop()}; without it {', '.join(NEED_MEANING)} and what needs them are left out"
        )
    if not isinstance(source, Source) or source.heads is None:
        return verdicts
    if "biophysical" not in by_name:
        assumed = Verdict("biophysical", "", needed=False)
        assumed.doubts.append(
            "biophysical: not declared; coefficients by what each class means are assumed (their column source says whose they are); "
            "give a table of your own with lucode and the columns of the models that you want"
        )
        by_name["biophysical"] = assumed
        verdicts = [*verdicts, assumed]
    facts = by_name["biophysical"].facts
    facts["models"] = ", ".join(n for n, item in plan.steps.items() if _wants(item))
    head = "'biophysical' has no column "
    lacks = [
        f"{n} ({why.removeprefix(head)})" for n, why in plan.absent.items()
        if why.startswith(head) and "." not in n
    ]  # fmt: skip
    if lacks:
        facts["models_without_their_columns"] = "; ".join(lacks)
    return verdicts


def _wants(item: object) -> bool:
    """Does a step take columns of the table of coefficients?"""
    return isinstance(item, Step) and any(
        product == "biophysical" and getattr(item.card.needs[parameter], "wants", ())
        for parameter, product in item.needs.items()
    )
