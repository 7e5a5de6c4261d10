"""Tables that the accounts take and hand on, with the unit of each column."""

from typing import Annotated

import pandas as pd
import xarray as xr

from shanshui.core.quantity import ANY, TEXT, Grid, Key, Table
from shanshui.core.vocabulary import ADMINISTRATIVE

COVER = Key("cover_class")
MONEY = "yuan/yr"
BY_COVER = {
    "lulc_veg": "1", "root_depth": "mm", "kc": "1", "demand": "m3/ha/yr", "runoff_alpha": "1", "retains": "1", "curve_number": "1",
    "usle_c": "1", "usle_p": "1", "by_fraction": "1", "cover_kind": TEXT, "shelter": TEXT, "cooling_kj": "kJ/m2/d",
    "c_above": "t/ha", "c_below": "t/ha", "c_soil": "t/ha", "c_dead": "t/ha", "habitat": "1", "npp_weight": "1", "npp_low": "g/m2/yr",
    "npp_high": "g/m2/yr", "product_weight": "1",
    **{f"{name}_{n}": unit for n in "np" for name, unit in (
        ("load", "kg/ha/yr"), ("eff", "1"), ("crit_len", "m"), ("proportion_subsurface", "1"), ("load_type", TEXT),
    )},
    **{f"cn_{group}": "1" for group in "abcd"},
    **dict.fromkeys(("green_area", "shade", "albedo", "building_intensity"), "1"), **{f"kc_{month}": "1" for month in range(1, 13)},
    "ecosystem": TEXT, "group": TEXT,
}  # fmt: skip
"""Unit of each coefficient by land cover."""


def by_cover(*columns: str, wants: tuple[str, ...] | None = None) -> Table:
    """Table of coefficients by land cover; heads may be in capitals, so the function that takes it looks for its columns.

    Parameters
    ----------
    *columns : str
        Columns that it reads; one that ends in ``?`` need not be there.
    wants : tuple of str, optional
        Those that must be there, where they are not all that have no ``?``.
    """
    must = tuple(c for c in columns if not c.endswith("?")) if wants is None else wants
    return Table(
        {
            "lucode?": COVER,
            **{f"{c.removesuffix('?')}?": BY_COVER[c.removesuffix("?")] for c in columns},
            "*": ANY,
        },
        must,
    )


Labels = Annotated[xr.DataArray, Grid("1", Key())]
Amounts = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=labels"), "flow": TEXT, "amount": ANY, "per": TEXT, "known_km2": "km2", "price_year?": "yr",
        }
    ),
]  # fmt: skip
RegionAmounts = Annotated[
    pd.DataFrame,
    Table({"flow": TEXT, "amount": ANY, "per": TEXT, "price_year?": "yr", "known_km2?": "km2"}),
]
UnitAmounts = Annotated[
    pd.DataFrame, Table({"unit": "1", "flow": TEXT, "amount": ANY, "known_km2": "km2"})
]
CoverAmounts = Annotated[pd.DataFrame, Table({"unit": COVER, "flow": TEXT, "amount": ANY})]
KnownAreas = Annotated[pd.DataFrame, Table({"flow": TEXT, "known_km2": "km2"})]
UnitPeople = Annotated[pd.DataFrame, Table({"unit": Key("=labels"), "population": "person"})]
Account = Annotated[
    pd.DataFrame,
    Table(
        {
            "frame": TEXT, "year": "yr", "category": TEXT, "service": TEXT, "flow": TEXT, "amount": ANY, "per": TEXT, "basis": TEXT,
            "known_share": "1", "method": TEXT, "price": ANY, "price_unit": TEXT, "price_year": "yr", "price_source": TEXT, "status": TEXT,
            "price_least": ANY,
            "price_most": ANY, "value": MONEY, "counts": "1", "share": "1", "low": MONEY, "high": MONEY, "note": TEXT, "note_said": TEXT,
        }
    ),
]  # fmt: skip
PricedFlows = Annotated[
    pd.DataFrame,
    Table(
        {
            "frame": TEXT, "service": TEXT, "flow": TEXT, "price": ANY, "price_least?": ANY, "price_most?": ANY, "value": MONEY, "counts": "1",
            "known_share?": "1",
        }
    ),
]  # fmt: skip
CountedServices = Annotated[
    pd.DataFrame,
    Table({"frame": TEXT, "category": TEXT, "service": TEXT, "value": MONEY, "counts": "1"}),
]
AccountTotals = Annotated[
    pd.DataFrame,
    Table(
        {
            "year": "yr",
            "category": TEXT,
            "service": TEXT,
            "value": MONEY,
            "counts": "1",
            "low": MONEY,
            "high": MONEY,
            "known_share?": "1",
        }
    ),
]
Prices = Annotated[
    pd.DataFrame,
    Table(
        {
            "flow": TEXT, "method": TEXT, "price": ANY, "unit": TEXT, "year": "yr", "source?": TEXT, "status?": TEXT, "*": ANY,
        }
    ),
]  # fmt: skip
Products = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": ADMINISTRATIVE, "year": "yr", "flow": TEXT, "amount": ANY, "excludes?": TEXT, "summed?": "1",
        }
    ),
]  # fmt: skip
WaterSupply = Annotated[
    pd.DataFrame,
    Table(
        {
            "ws_id": Key("watershed"),
            "yield_m3": "m3/yr",
            "consumed_m3": "m3/yr",
            "supply_m3": "m3/yr",
        }
    ),
]
