"""Ecological assets by transfer: global unit values of services by biome, carried to this ground by its production and cover."""

from functools import cache
from io import StringIO
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.accounts.prices import deflator
from shanshui.accounts.tables import COVER, Labels, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import Index, Productivity
from shanshui.kernels.labels import label_sizes, label_statistics
from shanshui.region.coefficients import keyed
from shanshui.region.grid import grid_of

TRANSFERRED = (
    "gas", "climate", "disturbance", "water_regulation", "water_supply", "erosion_control", "soil_formation", "nutrient_cycling",
    "waste_treatment", "pollination", "biological_control", "refugia", "food", "raw_materials", "genetic", "recreation", "cultural",
)  # fmt: skip
"""Services of the global table, in its order."""
VALUE_YEAR = 1994
"""Of the global unit values in US dollars [M]."""
YUAN_PER_DOLLAR = 8.62
"""In that year [M]."""
AssetTransfer = Annotated[
    pd.DataFrame,
    Table(
        {
            "lucode": COVER, "ecosystem": TEXT, "biome": TEXT, "service": TEXT, "area_ha": "ha", "npp": "g/m2/yr", "cover": "1", "factor": "1",
            "unit_value": "yuan/ha/yr", "nation_total": "yuan/yr", "price_year": "yr", "status": TEXT,
        }
    ),
]  # fmt: skip


@cache
def transfer_values() -> pd.DataFrame:
    """Unit values by biome and service [US$ of 1994/ha/yr], mean production and cover there, and its area in China [km2]."""
    return pd.read_csv(StringIO(shipped_text("accounts/transfer_values.csv"))).set_index("biome")


@cache
def biome_of() -> dict[str, str]:
    """Biome of each ecosystem of the equivalent factors."""
    return {
        name: str(biome)
        for biome, names in transfer_values()["ecosystems"].items()
        for name in str(names).split("|")
    }


@assessment(source="costanza1997", bytes_per_cell=16)
def asset_transfer(
    cover_cells: Labels,
    biophysical: Annotated[pd.DataFrame, by_cover("ecosystem")],
    net_primary_production: Productivity | None = None,
    vegetation_fraction: Index | None = None,
    *,
    yuan_per_dollar: Annotated[float, Between(0.01, 1e4)] = YUAN_PER_DOLLAR,
    national_total: Annotated[float, Between(0.0, 1e16)] = 0.0,
    year: Annotated[int, Between(VALUE_YEAR, 2100)] = 2015,
    most_factor: Annotated[float, Between(1.0, 100.0)] = 4.0,
) -> AssetTransfer:
    """Unit values of services that the world's table gives to the ecosystems of this ground.

    Parameters
    ----------
    cover_cells : (y, x) [1]
        Land-cover class + 1 of each cell of the region; 0 outside.
    biophysical : table
        ``lucode, ecosystem``: name of each class among the equivalent factors, which tells its biome.
    net_primary_production : (y, x) [g/m2/yr], optional
        Carbon that plants fix; without it values are not corrected by production.
    vegetation_fraction : (y, x) [1], optional
        Ground under green; without it they are not corrected by cover.
    yuan_per_dollar : float [1]
        Of 1994, in which the global values stand.
    national_total : float [yuan/yr]
        Value of China in prices of ``year`` that unit values are scaled to, and carried on to the account's; 0 leaves them as tabled, where
        the handbook takes 11.04e12 [D] (decision 0030). A study's share of the nation does not depend on it, its total does.
    year : int
        Of a national total; without one, prices stay in the year of the table and the account carries them on.
    most_factor : float [1]
        Of production and cover together on a unit value, and its inverse the least [D].

    Returns
    -------
    table
        Of each class and service: ``area_ha`` [ha], mean ``npp`` and ``cover`` of its cells (NaN where not given), ``factor``,
        ``unit_value`` [yuan/ha/yr] with the factor in it, ``nation_total`` [yuan/yr] of China by the same unit values, in prices of
        ``price_year``.

    Raises
    ------
    QuantityError
        No column ecosystem, a class without a row, an ecosystem that has no biome, no cell with a class.

    Notes
    -----
    ``V = sum_k A_k v_k (NPP_k / NPP'_k) (f_k / f'_k)``, ``v_k = s x u_k``: ``A`` area of class k [ha], ``u`` the world's value of its biome
    (Costanza et al. 1997 [M]), ``x`` yuan a dollar, ``NPP'`` and ``f'`` means of the biome in China [M], ``s`` = 1, or the national total
    over ``sum_k A'_k x u_k`` of China's areas ``A'`` (third national survey 2019 [M]). The form is the handbook's [D]; shares of services are
    those of the world's table, biome by biome, so what the papers report of Qinba is nowhere put in. Water, wetland and barren have no correction.
    """
    table = keyed(biophysical, "biophysical")
    if "ecosystem" not in table.columns:
        raise QuantityError(
            "biophysical: no column ecosystem; it names each class among the equivalent factors, which tells its biome"
        )
    label = np.ascontiguousarray(cover_cells.values, np.int32).ravel()
    count = int(label.max(initial=0))
    size = label_sizes(label, count)
    present = np.flatnonzero(size[1:]) + 1
    if len(present) == 0:
        raise QuantityError("cover_cells: no cell of the region has a land-cover class")
    mean = {
        name: _means(label, grid.values if grid is not None else None, count)
        for name, grid in (("npp", net_primary_production), ("cover", vegetation_fraction))
    }
    values, biomes = transfer_values(), biome_of()
    scale, price_year = yuan_per_dollar, VALUE_YEAR
    nation = float((values[list(TRANSFERRED)].sum(axis=1) * values["china_km2"] * 100.0).sum())
    if national_total > 0:
        scale, price_year = national_total / nation, year
    rows: list[dict[str, object]] = []
    for at in present:
        code = int(at) - 1
        if code not in table.index:
            raise QuantityError(f"biophysical: land-cover code {code} is on the map but has no row")
        name = str(table.loc[code, "ecosystem"]).strip()
        if name not in biomes:
            raise QuantityError(
                f"biophysical.ecosystem: code {code} holds '{name}', of which no biome is known; {nearest(name, list(biomes))}"
            )
        row: dict[Any, Any] = values.loc[biomes[name]].to_dict()
        factor = 1.0
        for what in ("npp", "cover"):
            if np.isfinite(row[what]) and np.isfinite(mean[what][at]):
                factor *= mean[what][at] / float(row[what])
        factor = float(np.clip(factor, 1.0 / most_factor, most_factor))
        rows += [
            {
                "lucode": code, "ecosystem": name, "biome": biomes[name], "service": service,
                "area_ha": float(size[at]) * grid_of(cover_cells).cell_km2 * 100.0, "npp": mean["npp"][at], "cover": mean["cover"][at],
                "factor": factor, "unit_value": float(row[service]) * scale * factor,
                "nation_total": nation * scale, "price_year": price_year, "status": str(row["status"]),
            }
            for service in TRANSFERRED
        ]  # fmt: skip
    return pd.DataFrame(rows)


def _means(
    label: NDArray[np.int32], values: NDArray[np.floating] | None, count: int
) -> NDArray[np.float64]:
    """Mean of each label over its known cells; NaN where none is."""
    if values is None:
        return np.full(count + 1, np.nan)
    cells, total, _, _ = label_statistics(label, np.ascontiguousarray(values).ravel(), count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(cells > 0, total / cells, np.nan)


def transferred_rows(transfer: pd.DataFrame, year: int) -> list[dict[str, object]]:
    """Lines of an account from the unit values, carried to its year."""
    return [
        {
            "category": "transfer", "service": str(r["service"]), "flow": f"cover_{r['lucode']}", "amount": r["area_ha"], "per": "ha",
            "method": "equivalent", "price": r["unit_value"] * deflator(int(r["price_year"]), year), "price_unit": "yuan/ha",
            "price_year": int(r["price_year"]), "price_source": f"Costanza et al. 1997, {r['biome']}", "status": r["status"],
            "value": r["area_ha"] * r["unit_value"] * deflator(int(r["price_year"]), year), "counts": True, "notes": [],
        }
        for r in transfer.to_dict("records")
        if r["unit_value"] > 0
    ]  # fmt: skip
