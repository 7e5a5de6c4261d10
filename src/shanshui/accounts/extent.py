"""Extent of ecosystems between two dates and by year, and their condition against a reference."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.tables import COVER
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ClassAreas, Codes, Mask, ProductivityTable, Units
from shanshui.kernels.labels import label_class_counts
from shanshui.region.grid import grid_of

ExtentAccount = Annotated[
    pd.DataFrame, Table({"from_class": COVER, "to_class": COVER, "area_km2": "km2"})
]
ExtentSeries = Annotated[
    pd.DataFrame,
    Table(
        {"year": "yr", "class": COVER, "area_km2": "km2", "change_km2": "km2", "change_share": "1"}
    ),
]
ConditionAccount = Annotated[
    pd.DataFrame,
    Table(
        {"code": Key("=prefectures"), "name": TEXT, "opening": "1", "closing": "1", "change": "1"}
    ),
]
SMOOTHED_FROM = 6
"""Years a table must have before neighbouring years are averaged [D]."""


@assessment(source="seea2021", bytes_per_cell=8)
def extent_account(land_cover_before: Codes, land_cover: Codes, region_mask: Mask) -> ExtentAccount:
    """Area of each class at two dates, what it gained and lost, and to which class.

    Parameters
    ----------
    land_cover_before : (y, x) [1]
        Class codes at the opening.
    land_cover : (y, x) [1]
        Class codes at the closing.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    table
        ``from_class, to_class, area_km2``: every pair that occurs; opening and closing areas are its sums. Cells missing at either date are left out.

    Notes
    -----
    ``A_ij = n_ij a``: ``n_ij`` cells of class i at the opening and j at the closing, ``a`` the area of a cell [km2]; the opening of a
    class is ``sum_j A_ij``, the closing ``sum_i A_ij``, additions and reductions what is off the diagonal. Extent account with its
    matrix of change as in SEEA EA [M].
    """
    inside = region_mask.values == 1
    for grid in (land_cover_before, land_cover):
        if (missing := grid.attrs.get("nodata")) is not None:
            inside &= grid.values != missing
    before = (
        np.where(inside, land_cover_before.values.astype(np.int32) + 1, 0).astype(np.int32).ravel()
    )
    after = np.ascontiguousarray(land_cover.values).ravel().astype(np.int32)
    top = int(max(before.max(initial=0), after[inside.ravel()].max(initial=0) + 1))
    cells = label_class_counts(before, after, top, top)
    pair = np.argwhere(cells[1:])
    return pd.DataFrame(
        {
            "from_class": pair[:, 0],
            "to_class": pair[:, 1],
            "area_km2": cells[pair[:, 0] + 1, pair[:, 1]] * grid_of(land_cover).cell_km2,
        }
    )


@assessment(source="seea2021", bytes_per_cell=0)
def extent_series(land_cover_areas: ClassAreas, prefectures: Units) -> ExtentSeries:
    """Area of each class by year in the units of the study, from tables of class areas.

    Parameters
    ----------
    land_cover_areas : table
        ``code, year, class, area_km2``.
    prefectures : polygons
        ``code``; whole units count.

    Returns
    -------
    table
        ``year, class, area_km2, change_km2`` (since the first year), ``change_share`` (NaN for a class that the first year lacks). Years
        in which one of the units has no rows are left out: its area would seem lost.

    Raises
    ------
    QuantityError
        No code of the units, no year with rows of all units, an area that is missing.

    Notes
    -----
    ``A_k(t) = sum_u A_uk(t)``, ``change = A_k(t) - A_k(t0)``, ``change_share = change / A_k(t0)`` over units u: the extent account of
    SEEA EA as a series [M].
    """
    rows = areas_of(land_cover_areas, prefectures)
    rows = rows[rows["year"].isin(_whole_years(rows))]
    out = rows.groupby(["year", "class"])["area_km2"].sum().reset_index()
    first = out[out["year"] == out["year"].min()].set_index("class")["area_km2"]
    opening = out["class"].map(first).fillna(0.0)
    out["change_km2"] = out["area_km2"] - opening
    with np.errstate(divide="ignore", invalid="ignore"):
        out["change_share"] = np.where(opening > 0, out["change_km2"] / opening, np.nan)
    return out


@assessment(source="seea2021", bytes_per_cell=0)
def condition_account(
    productivity: ProductivityTable,
    prefectures: Units,
    *,
    opening: Annotated[int, Between(0, 2100)] = 0,
    closing: Annotated[int, Between(0, 2100)] = 0,
    reference_percentile: Annotated[float, Between(50.0, 100.0)] = 95.0,
) -> ConditionAccount:
    """Condition of each unit's ecosystems at two dates by what their plants produce, against the best years of all units.

    Parameters
    ----------
    productivity : table
        ``code, year, npp``.
    prefectures : polygons
        ``code, name``.
    opening, closing : int
        Years; the first and the last of the table when 0. In tables of six years and more each is the mean of itself and its neighbours: one year's
        weather is no condition.
    reference_percentile : float [%]
        Of all units and years: the reference level [D]; collapse is 0.

    Returns
    -------
    table
        ``code, name, opening, closing`` condition in [0, 1], ``change``. One indicator of many: structure and species need their own data.
        Units without a figure at both dates are left out.

    Raises
    ------
    QuantityError
        No code of the units, a year without rows, no production above 0.

    Notes
    -----
    ``I = min(NPP / NPP_ref, 1)``, 0 or more: ``NPP`` mean of the unit about the date [g/m2/yr of C], ``NPP_ref`` the percentile of
    all units and years. Condition account of SEEA EA, ``sum_i w_i (V_i - V_low) / (V_high - V_low)`` [M], with one indicator; the
    percentile as reference and the mean over neighbouring years are ours [D].
    """
    rows = productivity[
        productivity["code"].isin(prefectures["code"]) & productivity["npp"].notna()
    ]
    if rows.empty:
        raise QuantityError("productivity.code: none of its codes is one of the prefectures'")
    years = np.sort(rows["year"].unique())
    best = float(np.percentile(rows["npp"], reference_percentile))
    if best <= 0:
        raise QuantityError(
            f"productivity.npp: its percentile {reference_percentile:g} is {best:g}, expected above 0; is it production?"
        )
    ends = {"opening": opening or int(years[0]), "closing": closing or int(years[-1])}
    wide = rows.pivot_table(index="code", columns="year", values="npp")
    out = prefectures[["code", "name"]].reset_index(drop=True)
    for name, year in ends.items():
        if year not in years:
            raise QuantityError(
                f"condition_account.{name}: no rows of {year}; there are {years[0]} to {years[-1]}"
            )
        at = int(np.searchsorted(years, year))
        aside = 1 if years.size >= SMOOTHED_FROM else 0
        near = wide[list(years[max(0, at - aside) : at + aside + 1])].mean(axis=1)
        out[name] = out["code"].map((near / best).clip(0.0, 1.0))
    out = out.dropna(subset=["opening", "closing"]).reset_index(drop=True)
    out["change"] = out["closing"] - out["opening"]
    return pd.DataFrame(out)


def areas_of(areas: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of class areas that speak of the units."""
    rows = areas[areas["code"].isin(units["code"])]
    if rows.empty:
        raise QuantityError("land_cover_areas.code: none of its codes is one of the prefectures'")
    if (gap := rows["area_km2"].isna()).any():
        row = rows[gap].iloc[0]
        raise QuantityError(
            f"land_cover_areas.area_km2: class {row['class']} of {row['code']} in {row['year']} is missing; "
            "give 0 where there is none, or drop the year"
        )
    return rows


def _whole_years(rows: pd.DataFrame) -> pd.Index:
    """Years in which every unit has rows."""
    units = rows.groupby("year")["code"].nunique()
    whole = units.index[units == rows["code"].nunique()]
    if whole.empty:
        raise QuantityError(
            "land_cover_areas.year: no year has rows of all units; a sum over some of them is no series: add rows, or take fewer units"
        )
    return whole
