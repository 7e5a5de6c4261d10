"""What crops yield: by the climate that they grow in, or by climate and fertiliser, with what people eat of it."""

from collections.abc import Callable
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.crop_maps import CropClasses, crop_map, crop_of, crops_here, known_ground
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Features, Key, Layers, Table
from shanshui.core.vocabulary import AnyLayers, Codes
from shanshui.region.grid import grid_of, stacked
from shanshui.region.polygon_cover import cover_by_centre

YIELD = "t/ha/yr"
PERCENTILES = ("yield_25th", "yield_50th", "yield_75th", "yield_95th")
OBSERVED = "observed_yield"
BY_CLIMATE = dict.fromkeys((*PERCENTILES, OBSERVED), YIELD)
NUTRIENTS = {"nitrogen_yield": ("b_nut", "c_n", "nitrogen_rate"), "phosphorus_yield": ("b_nut", "c_p2o5", "phosphorus_rate"),
             "potassium_yield": ("b_k2o", "c_k2o", "potassium_rate")}  # fmt: skip
"""What each fertiliser lets grow, by the coefficients of its curve and the column of its rate."""
BY_FERTILISER = dict.fromkeys(("modelled_yield", *NUTRIENTS, OBSERVED), YIELD)
OLDER = {"phosphorous_rate": "phosphorus_rate"}
"""Heads of older tables of rates."""
HECTARES = 100.0
"""Hectares in a square kilometre."""
PORTIONS = 1e4
"""Portions of 100 g in a tonne, for which tables of food tell their content."""
CropProduction = Annotated[xr.Dataset, Layers(tuple(BY_CLIMATE.items()))]
CropRegression = Annotated[xr.Dataset, Layers(tuple(BY_FERTILISER.items()))]
Rates = Annotated[pd.DataFrame, Table({"crop_name": TEXT, "*": ANY})]
FoodContent = Annotated[pd.DataFrame, Table({"percentrefuse": "%", "*": ANY})]
Zones = Annotated[gpd.GeoDataFrame, Features({"*": ANY}, Key("zone"))]
CropTotals = Annotated[
    pd.DataFrame,
    Table(
        {
            "zone": Key("zone"), "crop": TEXT, "estimate": TEXT, "area_ha": "ha", "known_ha": "ha", "production": "t/yr", "*": ANY,
        }
    ),
]  # fmt: skip


@assessment(source="invest_guide", halo=0, bytes_per_cell=64)
def crop_production(
    land_cover: Codes, crop_classes: CropClasses, crop_yields: AnyLayers
) -> CropProduction:
    """Yields of the crops that grow on the map, as their climate has them elsewhere in the world.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    crop_classes : table
        ``crop_name`` of each ``lucode`` that is a crop; every other class grows none.
    crop_yields : layers
        ``CROP_yield_25th``, ``_50th``, ``_75th``, ``_95th`` and, where it is known, ``CROP_observed_yield`` [t/ha/yr].

    Returns
    -------
    layers
        ``yield_25th`` to ``yield_95th``: what a quarter, half ... of the fields of such a climate stay below; ``observed_yield``: what was
        harvested there [t/ha/yr]. 0 where no crop grows, NaN where the land cover or the crop's yield is missing.

    Raises
    ------
    QuantityError
        A crop of the map without a layer of a percentile, a class of two crops, a code that is no whole number.

    Notes
    -----
    ``Y = y_c`` of the crop c that the class grows: production by climate of InVEST [S], which writes a map for each crop. Maize of 4 t/ha on
    2 cells of 90 m is 6.48 t [C].
    """
    return stacked(
        land_cover,
        _laid(land_cover, crop_classes, BY_CLIMATE, lambda crop: _by_climate(crop_yields, crop)),
        BY_CLIMATE,
    )


@assessment(source="invest_guide", halo=0, bytes_per_cell=96)
def crop_regression(
    land_cover: Codes,
    crop_classes: CropClasses,
    crop_responses: AnyLayers,
    fertilisation: Rates,
    crop_yields: AnyLayers | None = None,
) -> CropRegression:
    """Yields of the crops that grow on the map, by their climate and by how they are fertilised.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    crop_classes : table
        ``crop_name`` of each ``lucode`` that is a crop; every other class grows none.
    crop_responses : layers
        ``CROP_yield_ceiling`` [t/ha/yr]; ``CROP_b_nut``, ``CROP_b_k2o`` [1]; ``CROP_c_n``, ``CROP_c_p2o5``, ``CROP_c_k2o`` [ha/kg].
    fertilisation : table
        ``crop_name``, ``nitrogen_rate``, ``phosphorus_rate``, ``potassium_rate`` [kg/ha/yr].
    crop_yields : layers, optional
        ``CROP_observed_yield`` [t/ha/yr].

    Returns
    -------
    layers
        ``modelled_yield``, the least of what each fertiliser lets grow: ``nitrogen_yield``, ``phosphorus_yield``, ``potassium_yield``;
        ``observed_yield`` [t/ha/yr]. 0 where no crop grows, NaN where the land cover or a map of the crop is missing.

    Raises
    ------
    QuantityError
        A crop of the map without a layer or a row, a rate that is missing or below 0, a class of two crops.

    Notes
    -----
    ``Y_f = y (1 - b_f exp(-c_f F))``, ``Y = min(Y_N, Y_P, Y_K)``: ``y`` greatest yield, ``F`` rate [kg/ha]; regression of crop production of
    InVEST [S]. y = 8, b = 0.6, c = 0.02 and 50 kg of nitrogen: 8 x (1 - 0.6 x 0.3679) = 6.234 t/ha [C].
    """
    rates = _rates(fertilisation)

    def grown(crop: str) -> dict[str, NDArray[np.float32]]:
        if crop not in rates.index:
            raise QuantityError(
                f"fertilisation: no row of {crop}; {nearest(crop, map(str, rates.index))}"
            )
        own = dict(zip(rates.columns, rates.loc[[crop]].to_numpy()[0], strict=True))
        return _by_fertiliser(crop_responses, own, crop) | _observed(crop_yields, crop)

    layers = _laid(land_cover, crop_classes, BY_FERTILISER, grown)
    return stacked(land_cover, layers, BY_FERTILISER)


def _laid(
    land_cover: xr.DataArray,
    crop_classes: pd.DataFrame,
    units: dict[str, str],
    grown: Callable[[str], dict[str, NDArray[np.float32]]],
) -> dict[str, NDArray[np.float32]]:
    """Yields of each class's crop on its ground."""
    bare = np.where(known_ground(land_cover), np.float32(0), np.float32(np.nan))
    layers = {name: bare.copy() for name in units}
    for crop, here in crops_here(land_cover, crop_classes).items():
        found = grown(crop)
        for name, layer in layers.items():
            layer[here] = found[name][here] if name in found else np.nan
    return layers


def _by_climate(maps: xr.Dataset, crop: str) -> dict[str, NDArray[np.float32]]:
    out = {}
    for word in PERCENTILES:
        values = crop_map(maps, crop, word, "crop_yields")
        if values is not None:
            out[word] = values
    return out | _observed(maps, crop)


def _observed(maps: xr.Dataset | None, crop: str) -> dict[str, NDArray[np.float32]]:
    if maps is None:
        return {}
    values = crop_map(maps, crop, OBSERVED, "crop_yields", needed=False)
    return {} if values is None else {OBSERVED: values}


def _by_fertiliser(
    maps: xr.Dataset, rates: dict[str, float], crop: str
) -> dict[str, NDArray[np.float32]]:
    """What each fertiliser lets grow, and the least of it."""

    def of(word: str) -> NDArray[np.float32]:
        values = crop_map(maps, crop, word, "crop_responses")
        return np.empty(0, np.float32) if values is None else values

    ceiling = of("yield_ceiling")
    out = {
        name: ceiling * (1 - of(b) * np.exp(-of(c) * np.float32(rates[column])))
        for name, (b, c, column) in NUTRIENTS.items()
    }
    return out | {"modelled_yield": np.minimum.reduce(list(out.values()))}


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    """Rates of each crop."""
    frame = table.rename(columns=lambda c: str(c).strip().lower()).rename(columns=OLDER)
    columns = [column for *_, column in NUTRIENTS.values()]
    missing = [c for c in columns if c not in frame]
    if missing:
        raise QuantityError(
            f"fertilisation: no column {', '.join(missing)}; found {', '.join(map(str, frame.columns))}"
        )
    names = _names(frame["crop_name"], "fertilisation.crop_name")
    out = frame[columns].apply(pd.to_numeric, errors="coerce").astype(float)
    for column in columns:
        bad = ~(out[column] >= 0) | ~np.isfinite(out[column])
        if bad.any():
            raise QuantityError(
                f"fertilisation.{column}: {names[bad].iloc[0]} holds '{frame[column][bad].iloc[0]}', expected 0 or more kg/ha"
            )
    return out.set_axis(pd.Index(names), axis=0)


def _names(column: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """Names of crops in lower case, each once."""
    names = column.astype(str).str.strip().str.lower()
    if names.duplicated().any():
        raise QuantityError(
            f"{where}: {names[names.duplicated()].iloc[0]} stands in two rows; keep one"
        )
    return names


@assessment(source="invest_guide", bytes_per_cell=24)
def crop_totals(
    land_cover: Codes,
    crop_classes: CropClasses,
    crop_production: AnyLayers,
    crop_nutrients: FoodContent | None = None,
    zones: Zones | None = None,
) -> CropTotals:
    """Harvest of each crop, on the whole map and in each zone, and what people eat of it.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    crop_classes : table
        ``crop_name`` of each ``lucode`` that is a crop.
    crop_production : layers
        Yields of the crop that each class grows [t/ha/yr]; by climate, or by fertiliser.
    crop_nutrients : table, optional
        ``crop_name`` or ``crop``, ``percentrefuse``: what is thrown away [%], and a column for each nutrient: its content in 100 g that are eaten.
    zones : polygons, optional
        ``name``, or their order. Each is summed by itself.

    Returns
    -------
    table
        ``zone`` (blank: the whole map), ``crop``, ``estimate``: the layer, ``area_ha`` of the crop, ``known_ha`` of it with a yield, ``production``
        [t/yr], and each nutrient in the unit that the table tells it in [1/yr]. Missing where the crop grows and no yield is known, or no content.

    Raises
    ------
    QuantityError
        A crop without a row of nutrients or with two, a share outside [0, 100], a content that is no number or below 0.

    Notes
    -----
    ``P = a sum Y``, ``E_n = 10 000 P (1 - r / 100) e_n``: ``a`` area of a cell [ha], ``r`` refuse [%], ``e_n`` content in 100 g. Crop production of
    InVEST [S]; cells count by their centre. 6.48 t of maize, 20 % refuse and 9.4 g of protein: 10 000 x 6.48 x 0.8 x 9.4 = 487 296 g [C].
    """
    crops = crop_of(crop_classes)
    content = None if crop_nutrients is None else _content(crop_nutrients, sorted(set(crops)))
    ground = crops_here(land_cover, crop_classes)
    grid = grid_of(land_cover)
    cell_ha = grid.cell_km2 * HECTARES
    # a cell of every zone, or of none: the map as one
    where: list[tuple[str, tuple[NDArray[np.int64], NDArray[np.float64]] | None]] = [("", None)]
    if zones is not None:
        names = zones["name"] if "name" in zones else pd.Series(np.arange(1, len(zones) + 1))
        cover = cover_by_centre(zones.reset_index(drop=True), grid)
        where += [(str(name), cover.cells(at)) for at, name in enumerate(names)]
    rows = []
    for zone, part in where:
        for crop in sorted(set(crops)):
            here = ground.get(crop)
            for estimate, layer in crop_production.data_vars.items():
                area, known, total = _summed(layer.values, here, part)
                tonnes = total * cell_ha if known > 0 or area == 0 else np.nan
                rows.append((zone, crop, str(estimate), area * cell_ha, known * cell_ha, tonnes))
    columns = ["zone", "crop", "estimate", "area_ha", "known_ha", "production"]
    out = pd.DataFrame(rows, columns=columns)
    if content is not None:
        eaten = PORTIONS * out["production"] * out["crop"].map(content["eaten"])
        for nutrient in content.columns.drop("eaten"):
            out[nutrient] = eaten * out["crop"].map(content[nutrient])
    return out


def _summed(
    values: NDArray[np.float32],
    here: NDArray[np.bool_] | None,
    part: tuple[NDArray[np.int64], NDArray[np.float64]] | None,
) -> tuple[float, float, float]:
    """Cells of a crop, those of them that are known, and their sum, in a part of the map."""
    if here is None:
        return 0.0, 0.0, 0.0
    if part is None:
        own = values[here]
        known = np.isfinite(own)
        return float(own.size), float(known.sum()), float(np.sum(own[known], dtype=np.float64))
    cells, share = part
    grown = here.ravel()[cells]
    own, weight = values.ravel()[cells][grown].astype(np.float64), share[grown]
    known = np.isfinite(own)
    return (
        float(weight.sum()),
        float(weight[known].sum()),
        float((own[known] * weight[known]).sum()),
    )


def _content(table: pd.DataFrame, crops: list[str]) -> pd.DataFrame:
    """Share of each crop that is eaten, and what 100 g of it hold."""
    frame = table.rename(columns=lambda c: str(c).strip().lower())
    head = next((c for c in ("crop_name", "crop") if c in frame), None)
    if head is None:
        raise QuantityError(
            f"crop_nutrients: no column crop_name or crop; found {', '.join(map(str, frame.columns))}"
        )
    names = _names(frame[head], f"crop_nutrients.{head}")
    frame = frame.set_axis(pd.Index(names), axis=0)
    missing = [c for c in crops if c not in frame.index]
    if missing:
        raise QuantityError(
            f"crop_nutrients: no row of {', '.join(missing[:8])}; {nearest(missing[0], map(str, frame.index))}"
        )
    mine = frame.loc[crops].drop(columns=head)
    words = [c for c in mine if c != "percentrefuse" and not _is_text(mine[c])]
    out = pd.DataFrame(index=mine.index)
    for column in ("percentrefuse", *words):
        numbers = pd.to_numeric(mine[column], errors="coerce").astype(float)
        top = 100.0 if column == "percentrefuse" else np.inf
        blank = mine[column].isna() | (mine[column].astype(str).str.strip() == "")
        bad = ~numbers.between(0.0, top) | ~np.isfinite(numbers)
        # what is not known of a nutrient is missing in its sums
        bad &= ~blank | (column == "percentrefuse")
        if bad.any():
            raise QuantityError(
                f"crop_nutrients.{column}: {numbers.index[bad][0]} holds '{mine[column][bad].iloc[0]}', expected "
                f"{'0 to 100 %' if column == 'percentrefuse' else '0 or more'}"
            )
        out["eaten" if column == "percentrefuse" else column] = (
            1.0 - numbers / 100.0 if column == "percentrefuse" else numbers
        )
    return out


def _is_text(column: "pd.Series[str]") -> bool:
    """Does no row of a column hold a number, as in one of names?"""
    return bool(pd.to_numeric(column, errors="coerce").isna().all())
