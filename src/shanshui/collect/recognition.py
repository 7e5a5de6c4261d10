"""Which legend a map of classes has, where its declaration does not say it: by its codes, and by what its file says of itself."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from rasterio.errors import RasterioError

from shanshui.collect.catalog import InputSpec
from shanshui.collect.classes import Legend, legend, legends
from shanshui.collect.gate import open_raster_file
from shanshui.core.errors import DataError

LEAST_CODES = 6
"""Different codes from which a map that fits one legend alone is taken to have it [D]."""
_NEAR, _MOST, _LARGEST = 12, 0.75, 1 << 20
"""Steps of a colour that are no difference; share of the codes that must agree; bytes of a side-car that is read [D]."""


@dataclass(frozen=True)
class Evidence:
    """What a file of classes says of itself.

    Attributes
    ----------
    words : str
        Its name and its notes, in lower case.
    colours : mapping of int to (int, int, int)
        Of its palette.
    names : mapping of int to str
        Of its classes, in lower case.
    """

    words: str = ""
    colours: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recognised:
    """A legend, and why it is taken to be that of a map."""

    legend: Legend
    why: str


def evidence_of(path: Path, spec: InputSpec, name: str) -> Evidence:
    """What a raster file says of itself; nothing where it is no file that GDAL reads.

    Parameters
    ----------
    path : Path
        The file.
    spec : InputSpec
        Its declaration.
    name : str
        Input, for messages.
    """
    words, colours = [path.name], {}
    with suppress(DataError, RasterioError, OSError, ValueError):
        file = open_raster_file(path, name, spec.one_layer)
        try:
            band = spec.band if isinstance(spec.band, int) else 1
            words += [f"{k} {v}" for k, v in (file.tags() | file.tags(band)).items()]
            with suppress(ValueError):  # no palette
                colours = {int(k): tuple(v[:3]) for k, v in file.colormap(band).items()}
        finally:
            file.close()
    return Evidence(" ".join(words)[:100_000].lower(), colours, _named(path))


def _named(path: Path) -> dict[int, str]:
    """Names of classes in the side-car that GDAL and ArcGIS write: a list by code, or a table of attributes."""
    place = path.with_name(f"{path.name}.aux.xml")
    try:
        if not place.is_file() or place.stat().st_size > _LARGEST:
            return {}
        text = place.read_bytes()
        if b"<!" in text:  # a document type, which may hide entities
            return {}
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities
    except (OSError, ElementTree.ParseError):
        return {}
    names = {
        code: (each.text or "").strip().lower()
        for code, each in enumerate(root.iterfind(".//CategoryNames/Category"))
    }
    heads = [(each.findtext("Name") or "").lower() for each in root.iterfind(".//FieldDefn")]
    at = next((k for k, h in enumerate(heads) if h in ("value", "code")), None)
    of = next((k for k, h in enumerate(heads) if re.search("name|class|label|desc", h)), None)
    if at is not None and of is not None:
        for row in root.iterfind(".//GDALRasterAttributeTable/Row"):
            cells = [(f.text or "").strip() for f in row.iterfind("F")]
            with suppress(ValueError, IndexError):
                names[int(float(cells[at]))] = cells[of].lower()
    return {k: v for k, v in names.items() if v}


def recognised(codes: Collection[int], evidence: Evidence, name: str) -> Recognised:
    """Legend of a map whose declaration does not name one.

    Parameters
    ----------
    codes : collection of int
        Codes on the map, without missing cells.
    evidence : Evidence
        What its file says of itself.
    name : str
        Input, for messages.

    Returns
    -------
    Recognised
        The one legend that has all codes and that the file's words, names or colours speak for; or, of at least ``LEAST_CODES``
        codes, the only one that has them all.

    Raises
    ------
    DataError
        None, or more than one; with the line to add.
    """
    found = sorted(int(c) for c in codes)
    each = [legend(n) for n in legends() if n != "made-up"]
    fits = [one for one in each if one.codes.issuperset(found)]
    shown = ", ".join(map(str, found[:12])) + (" …" if len(found) > 12 else "")
    if not fits:
        near = [one.name for one in each if one.codes.issuperset(set(found) - set(one.missing))]
        hint = (
            f'they would be those of {near[0]}, where {_listed(set(found) & set(legend(near[0]).missing))} is no data: set legend = "{near[0]}" '
            if near
            else 'set legend = "…" to a table of your own with columns code, name, group '
        )
        raise DataError(
            f"{name}: codes {shown} have no class table, and no legend that is known has them; {hint}in [inputs.{name}]"
        )
    spoken = {one.name: why for one in fits if (why := spoken_for(one, found, evidence))}
    if len(spoken) == 1:
        ((word, why),) = spoken.items()
        return Recognised(legend(word), why)
    if len(fits) == 1 and len(found) >= LEAST_CODES:
        return Recognised(fits[0], f"its {len(found)} codes are of no other legend")
    choices = list(spoken) or [one.name for one in fits]
    raise DataError(
        f"{name}: codes {shown} have no class table, and may be of {' or '.join(choices)}; say which: "
        f'legend = "{choices[0]}" in [inputs.{name}], or a table of your own with columns code, name, group'
    )


def spoken_for(one: Legend, codes: Sequence[int], evidence: Evidence) -> str:
    """What in a file speaks for a legend, in words; empty for nothing.

    Parameters
    ----------
    one : Legend
        Has all codes.
    codes : sequence of int
        On the map.
    evidence : Evidence
        Of the file.
    """
    if any(mark in evidence.words for mark in legends()[one.name].marks):
        return "the file's name or notes say it"
    names = sum(one.code_of_name(evidence.names.get(c, "")) == c for c in codes)
    if codes and names >= _MOST * len(codes):
        return "the names of its classes are the legend's"
    near = sum(
        c in evidence.colours and _alike(evidence.colours[c], str(one.table["colour"][c]))
        for c in codes
    )
    # a palette of few classes may agree by chance
    if len(codes) >= 3 and near >= _MOST * len(codes):
        return "the colours of its palette are the legend's"
    return ""


def _alike(colour: tuple[int, int, int], text: str) -> bool:
    own = (
        (int(text[k : k + 2], 16) for k in (1, 3, 5)) if re.fullmatch("#[0-9a-f]{6}", text) else ()
    )
    return bool(text) and all(abs(a - b) <= _NEAR for a, b in zip(colour, own, strict=False))


def _listed(codes: Collection[int]) -> str:
    return ", ".join(map(str, sorted(codes)))


def other_legend(one: str, codes: Sequence[int], evidence: Evidence) -> tuple[str, str]:
    """Shipped legend that a file speaks for while another is declared, and what speaks for it; empty for none.

    Parameters
    ----------
    one : str
        The declared legend; its own evidence settles the matter.
    codes : sequence of int
        On the map.
    evidence : Evidence
        Of the file.
    """
    spoken = {
        name: why
        for name in legends()
        if legend(name).codes.issuperset(codes)
        and (why := spoken_for(legend(name), codes, evidence))
    }
    if one in spoken or len(spoken) != 1:
        return "", ""
    return next(iter(spoken.items()))
