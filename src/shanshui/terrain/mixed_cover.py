"""Classes of a cover map that stand for two kinds of ground: each cell goes to the kind that its people and slope speak for."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import broadest, covers
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Counties, Population, Slope
from shanshui.kernels.windows import focal_mean
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import rasterised
from shanshui.region.years import chosen_year
from shanshui.terrain.cover import CoverClasses

MixedClasses = Annotated[
    pd.DataFrame, Table({"class": Key("cover_class"), "becomes": Key("cover_class"), "*": ANY})
]
DENSITIES, SLOPES = 12, 8
"""Parts of equal area that the ground is split into, by the people of its county and by its slope: those of ``land_cover_fine`` [D]."""


@assessment(source="decisions/0034-mixed-classes", bytes_per_cell=64)
def land_cover_parted(
    land_cover: Codes,
    mixed_classes: MixedClasses,
    cover_classes: CoverClasses,
    slope: Slope,
    counties: Counties,
    population: Population,
    *,
    native_m: Annotated[float, Between(0.0, 1e6)] = 0.0,
) -> Codes:
    """Land cover whose mixed classes are told apart by where people live and how steep the ground is.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    mixed_classes : table
        ``class``: one that stands for two kinds of ground; ``becomes``: the class of its cells that are of the other kind.
    cover_classes : table
        ``class, name, cover``: the legend of the map.
    slope : (y, x) [degree]
        Steepness at the study's cells.
    counties : polygons
        ``code``.
    population : table
        ``code, year, population``; the latest year that most counties have.
    native_m : float [m]
        Cell of the map that the cover comes from: what it mixes is told over such a cell. 0 for the cells of the study; it sets it from the file.

    Returns
    -------
    (y, x) [1]
        Codes. Other classes stay as they are, and so does a cell whose slope or whose county's people are not known.

    Raises
    ------
    QuantityError
        A class that the legend lacks or does not tell the meaning of, one that is listed twice or becomes a mixed one, both of one kind of ground,
        a table of people of other places.

    Notes
    -----
    A cell of class m becomes b(m) where the mean of ``P = n_f(k) / (n_f(k) + n_w(k))`` over the cells of class m in a window of one cell of the map
    is above 1/2, with k the bin of a cell by county density and slope, n_f the cells of the bin whose class is of the broad cover of b(m) (fields),
    and n_w those of the broad cover of m (woods) [cell]; neither counts mixed classes and classes of the same cover as b(m), a mosaic. Bins are
    twelfths of the ground by the people of its county per km2 and eighths by its slope; one without either kind has no say. Both
    kinds are those of the same map, so no limit is set by hand; people are those counted, not spread by cover. P is the posterior probability
    of fields with the map's own areas as prior; which evidence is taken is our own [D] (decision 0034).
    """
    meaning = _meaning(mixed_classes, cover_classes)
    grid = grid_of(land_cover)
    code = np.array(land_cover.values, order="C")
    dense = _county_density(counties, population)[rasterised(counties, grid).values]
    steep = slope.values
    known = np.isfinite(dense) & np.isfinite(steep) & np.isin(code, list(meaning))
    if not known.any():
        return like(land_cover, code, "1", nodata=land_cover.attrs.get("nodata"))
    place = _parts(dense, known, DENSITIES) * SLOPES + _parts(steep, known, SLOPES)
    mixed = [int(m) for m in mixed_classes["class"]]
    window = 2 * (round(native_m / grid.cell_m) // 2) + 1
    out = code.copy()
    for m, b in zip(mixed, mixed_classes["becomes"].astype(int), strict=True):
        # what b means is itself part of each kind, whichever class says it
        plain = {c: word for c, word in meaning.items() if c not in mixed and word != meaning[b]}
        mine, others = (
            _cells(place, known, code, [c for c, w in plain.items() if broadest(w) == broadest(meaning[k])])
            for k in (m, b)
        )  # fmt: skip
        with np.errstate(invalid="ignore", divide="ignore"):
            fields = (others / (mine + others))[place]
        here = known & (code == m)
        odds = focal_mean(np.where(here, fields, np.nan).astype(np.float32), window)
        out[here & (odds > 0.5)] = b
    return like(land_cover, out, "1", nodata=land_cover.attrs.get("nodata"))


def _meaning(mixed: pd.DataFrame, classes: pd.DataFrame) -> dict[int, str]:
    """Cover of each class of the legend that tells one."""
    told = {
        int(c): str(w)
        for c, w in zip(classes["class"], classes["cover"], strict=True)
        if w in covers()
    }
    listed = [int(m) for m in mixed["class"]]
    for m, b in zip(listed, mixed["becomes"].astype(int), strict=True):
        strange = [c for c in (m, b) if c not in told]
        if strange:
            raise QuantityError(
                f"mixed_classes: class {strange[0]} is not in the legend, or the legend does not tell what it means; "
                "use classes of cover_classes with a cover"
            )
        if b in listed:
            raise QuantityError(
                f"mixed_classes.becomes: class {b} is itself mixed; name one that is of one kind"
            )
        if broadest(told[m]) == broadest(told[b]):
            raise QuantityError(
                f"mixed_classes: {m} and {b} are both {broadest(told[m])}; a mixed class becomes one of another broad cover"
            )
    if len(set(listed)) < len(listed):
        twice = next(m for m in listed if listed.count(m) > 1)
        raise QuantityError(f"mixed_classes.class: {twice} stands twice; expected one row each")
    return told


def _county_density(counties: gpd.GeoDataFrame, population: pd.DataFrame) -> NDArray[np.float64]:
    """People per km2 of each county by its number on the grid; NaN outside counties and without a count."""
    year = chosen_year(population, "population", "population", places=set(counties["code"]))
    rows = population[(population["year"] == year) & population["population"].notna()]
    people = counties["code"].map(rows.groupby("code")["population"].sum())
    if people.isna().all():
        raise QuantityError(
            "population.code: none of its codes is one of the counties'; name the right columns in [inputs.population] and [inputs.counties]"
        )
    out = np.full(int(max(counties.index, default=0)) + 1, np.nan)
    out[counties.index] = (people / (counties.area / 1e6)).to_numpy(float)
    out[0] = np.nan
    return out


def _cells(
    place: NDArray[np.int64],
    known: NDArray[np.bool_],
    code: NDArray[np.integer],
    classes: list[int],
) -> NDArray[np.int64]:
    """Cells of some classes in each bin."""
    here = known & np.isin(code, classes)
    return np.bincount(place[here], minlength=DENSITIES * SLOPES)


def _parts(values: NDArray[np.floating], known: NDArray[np.bool_], parts: int) -> NDArray[np.int64]:
    """Number of the part of equal area that a value falls in."""
    limits = np.quantile(values[known].astype(np.float64), np.linspace(0, 1, parts + 1)[1:-1])
    return np.digitize(np.where(known, values, 0.0), limits).astype(np.int64)
