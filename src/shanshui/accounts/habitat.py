"""Habitat quality: how good a home each class is, less what threats around take from it."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, codes_of
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Features, Layers, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import AnyLayers, Codes, Index
from shanshui.kernels.distance import add_decayed, distance_to
from shanshui.region.coefficients import ByCover, laid, present_codes
from shanshui.region.grid import grid_of, like, stacked
from shanshui.region.unitset import burnt

Lines = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
UNITS = {"habitat": "1", "degradation": "1", "habitat_quality": "1"}
HabitatQuality = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]


@assessment(source="invest_guide", bytes_per_cell=40)
def habitat_quality(
    land_cover: Codes,
    threat_maps: AnyLayers,
    threats: Annotated[
        pd.DataFrame,
        Table({"threat?": TEXT, "max_dist?": "km", "weight?": "1", "decay?": TEXT, "*": ANY}),
    ],
    biophysical: Annotated[pd.DataFrame, by_cover("habitat")],
    accessibility: Index | None = None,
    *,
    half_saturation: Annotated[float, Between(1e-9, 1e3)] = 0.05,
    scaling: Annotated[float, Between(0.1, 20.0)] = 2.5,
) -> HabitatQuality:
    """Habitat quality and degradation of each cell, with a map per threat.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    threat_maps : layers
        One grid per threat, by its name: present where above 0; missing cells are no threat.
    threats : table
        ``threat, max_dist`` (km), ``weight, decay`` (``linear`` or ``exponential``).
    biophysical : table
        ``lucode, habitat`` in [0, 1] and a column of sensitivities in [0, 1] per threat.
    accessibility : (y, x) [1], optional
        1 where threats have full access, 0 where they have none; missing counts as 1.
    half_saturation : float [1]
        Degradation that halves the quality; after a first run half of the greatest degradation.
    scaling : float [1]
        Power of the curve.

    Returns
    -------
    layers
        ``habitat`` suitability, ``degradation`` (0 or more), ``habitat_quality`` in [0, 1], and ``degradation_THREAT`` per threat [1]; NaN
        where the land cover is missing. A threat acts from its nearest cell only, as the reference model has it since release 3.
        Not to be valued in money. Within the greatest ``max_dist`` of the rim threats beyond the map are unknown.

    Raises
    ------
    QuantityError
        A threat without a map, without a column of sensitivities, or with a decay that is neither word; a reach that is not above 0, a weight below
        0, weights that are all 0; a code without a row, a coefficient out of range.

    Notes
    -----
    ``D = sum_r (w_r / sum w) i_r b S_r``, ``i_r = 1 - d/d_r`` (linear) or ``exp(-2.99 d/d_r)`` (exponential), 0 beyond ``d_r``; ``Q = H
    (1 - D^z / (D^z + k^z))``: ``H`` habitat of the class, ``w`` weight and ``d_r`` reach of threat r, ``d`` way to its nearest cell [km],
    ``b`` accessibility, ``S`` sensitivity of the class [1], ``z`` the scaling 2.5, ``k`` half saturation 0.05. Habitat quality of InVEST
    [S]. With H = 1 and k = 0.05, D = 0.02 gives 0.9081; a fifth of the reach leaves 0.5499 or 0.8 of a threat [C].
    """
    rows = _threats(threats)
    table = ByCover.of(land_cover, biophysical, "biophysical")
    home = table.grid("habitat", high=1.0)
    cell = grid_of(land_cover).cell_m
    total = np.where(np.isfinite(home), np.float32(0), np.float32(np.nan))
    access = (
        np.ones(1, np.float32)
        if accessibility is None
        else np.where(np.isfinite(accessibility.values), accessibility.values, np.float32(1))
    )
    weights = float(rows["weight"].sum())
    each: dict[str, xr.DataArray] = {}
    for threat, row in rows.iterrows():
        name = str(threat)
        source = _map(threat_maps, name)
        column = next((c for c in (name, f"l_{name}") if table.has(c)), name)
        if not table.has(column):
            raise QuantityError(
                f"biophysical: no column {name} of sensitivities for the threat of that name; found {', '.join(map(str, table.table.columns))}"
            )
        factor = table.grid(column, high=1.0) * access
        own = np.empty(home.shape, np.float32)
        far = distance_to(np.ascontiguousarray(source.values > 0))
        reach = float(row["max_dist"]) * 1000.0 / cell
        add_decayed(
            far,
            reach,
            row["decay"] == "exponential",
            factor,
            float(row["weight"]) / weights,
            total,
            own,
        )
        each[f"degradation_{name}"] = like(land_cover, own, "1")
    power = total**scaling
    quality = home * (1.0 - power / (power + np.float32(half_saturation**scaling)))
    layers = {"habitat": home, "degradation": total, "habitat_quality": quality.astype(np.float32)}
    return stacked(land_cover, layers, UNITS).assign(each)


def _map(maps: xr.Dataset, name: str) -> xr.DataArray:
    found = next((v for k, v in maps.data_vars.items() if str(k).lower() == name), None)
    if found is None:
        raise QuantityError(
            f"threats: {name} has no map; found {', '.join(map(str, maps.data_vars)) or 'none'}"
        )
    return found


def _threats(table: pd.DataFrame) -> pd.DataFrame:
    frame = table.rename(columns={c: str(c).strip().lower() for c in table.columns})
    missing = [c for c in ("threat", "max_dist", "weight", "decay") if c not in frame.columns]
    if missing:
        raise QuantityError(f"threats: no column {', '.join(missing)}")
    frame["threat"] = frame["threat"].astype(str).str.strip().str.lower()
    frame["decay"] = frame["decay"].astype(str).str.strip().str.lower()
    for column in ("max_dist", "weight"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
        bad = ~(frame[column] > 0) if column == "max_dist" else ~(frame[column] >= 0)
        if bad.any():
            raise QuantityError(
                f"threats.{column}: {frame['threat'][bad].iloc[0]} holds {frame[column][bad].iloc[0]}, expected a number above 0"
            )
    odd = ~frame["decay"].isin(("linear", "exponential"))
    if odd.any():
        raise QuantityError(
            f"threats.decay: {frame['threat'][odd].iloc[0]} holds '{frame['decay'][odd].iloc[0]}', expected linear or exponential"
        )
    if frame["threat"].duplicated().any() or frame["weight"].sum() == 0:
        raise QuantityError("threats: a threat stands twice, or all weights are 0")
    return frame.set_index("threat")


@assessment(source="invest_guide", bytes_per_cell=12)
def threat_maps(
    cover_type: Codes,
    threats: Annotated[
        pd.DataFrame, Table({"threat": TEXT, "cover?": TEXT, "lines?": TEXT, "*": ANY})
    ],
    roads: Lines | None = None,
    railways: Lines | None = None,
) -> AnyLayers:
    """Map of each threat from land cover and lines.

    Parameters
    ----------
    cover_type : (y, x) [1]
        What covers the ground, codes of ``core/cover_types.csv``.
    threats : table
        ``threat``, and ``cover`` (covers such as ``farmed built``, spaces between, each with all that it holds) or ``lines``
        (``roads`` or ``railways``).
    roads, railways : lines, optional
        Cells they pass are threats.

    Returns
    -------
    layers
        One grid per threat: 1 where it is, else 0. A threat whose lines the study lacks is refused, not left out.

    Raises
    ------
    QuantityError
        A threat with neither cover nor lines, of a cover that is none, or whose lines the study lacks.

    Notes
    -----
    ``t = 1`` where the cell is of one of the covers, or a line passes within half a cell of its centre. The maps are those that the
    habitat model of InVEST takes [S]; making them from cover and lines is ours [D].
    """
    grid = grid_of(cover_type)
    lines = {"roads": roads, "railways": railways}
    out: dict[str, xr.DataArray] = {}
    for row in threats.to_dict("records"):
        name = str(row["threat"]).strip().lower()
        named = [c for c in str(row.get("cover", "")).split() if c != "nan"]
        strange = [c for c in named if c not in COVERS]
        if strange:
            raise QuantityError(
                f"threats.cover: {name} comes from '{strange[0]}', expected covers; {nearest(strange[0], COVERS)}"
            )
        kind = str(row.get("lines", "")).strip()
        mark = np.isin(cover_type.values, codes_of(named))
        if kind and kind != "nan":
            shapes = lines.get(kind)
            if shapes is None:
                raise QuantityError(
                    f"threats: {name} comes from the lines '{kind}', which the study lacks; declare [inputs.{kind}] or drop the row"
                )
            mark |= burnt(shapes, grid, grid.cell_m / 2).astype(bool)
        elif not named:
            raise QuantityError(
                f"threats: {name} has neither cover nor lines, and no [inputs.threat_maps] is declared"
            )
        out[name] = like(cover_type, mark.astype(np.float32), "1")
    return xr.Dataset(out)


@assessment(source="invest_guide", bytes_per_cell=8)
def habitat_rarity(land_cover: Codes, land_cover_baseline: Codes) -> Index:
    """Rarity of the class of each cell against a baseline map.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes now.
    land_cover_baseline : (y, x) [1]
        Class codes of the baseline.

    Returns
    -------
    (y, x) [1]
        1 - N / (N + N of the baseline) in [0, 1]: near 1 where the class has become rare, 0 for classes that the baseline lacks. NaN
        where the land cover is missing.

    Notes
    -----
    ``R_j = 1 - N_j / (N_j + N_j,baseline)``: ``N`` cells of class j on each map. Habitat rarity of InVEST [S].
    """
    known = present_codes(land_cover_baseline)
    before = {c: int((land_cover_baseline.values == c).sum()) for c in known}
    share = {}
    for code in present_codes(land_cover):
        now = int((land_cover.values == code).sum())
        share[code] = 1.0 - now / (now + before[code]) if code in before else 0.0
    return like(land_cover, laid(land_cover, pd.Series(share, dtype=float)), "1")
