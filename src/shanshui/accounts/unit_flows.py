"""What tables tell of counties, on planning units."""

from typing import Annotated

import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.vocabulary import Counties

CountyFlows = Annotated[
    pd.DataFrame, Table({"unit": Key("county"), "flow": TEXT, "amount": ANY, "per": TEXT})
]
UnitFlows = Annotated[
    pd.DataFrame, Table({"unit": Key("planning_unit"), "flow": TEXT, "amount": ANY, "per": TEXT})
]


@assessment(source="own_accounts", bytes_per_cell=0)
def unit_flows(
    county_flows: CountyFlows,
    counties: Counties,
    unit_county_crosswalk: Annotated[
        pd.DataFrame,
        Table({"unit": Key("planning_unit"), "county": Key("county"), "area_km2": "km2"}),
    ],
) -> UnitFlows:
    """Yearly amount of each flow that tables tell, in each planning unit.

    Parameters
    ----------
    county_flows : table
        ``unit`` (index of the county), ``flow, amount, per`` of the part inside the region.
    counties : polygons
        Index ``unit``; ``code``.
    unit_county_crosswalk : table
        ``unit, county`` (code), ``area_km2`` that they share.

    Returns
    -------
    table
        ``unit, flow, amount, per``; missing where the amount of a county is that the unit has a part of.

    Notes
    -----
    ``q_uf = sum_c q_cf A_cu / sum_u A_cu``: ``q_c`` amount of county c inside the region, ``A`` area that county and unit share [km2]. Even on
    the county's ground in the region, so that units sum to it; a table tells no more. Ours [D].
    """
    code = dict(zip(counties.index, counties["code"].astype(str), strict=True))
    told = county_flows.assign(county=county_flows["unit"].map(code)).drop(columns="unit")
    area = unit_county_crosswalk["area_km2"]
    county = unit_county_crosswalk["county"].astype(str)
    parts = pd.DataFrame(
        {
            "unit": unit_county_crosswalk["unit"],
            "county": county,
            "share": area / area.groupby(county).transform("sum"),
        }
    )
    rows = parts[parts["share"] > 0].merge(told, on="county")
    rows["amount"] = rows["amount"] * rows["share"]
    sums = rows.groupby(["unit", "flow", "per"])["amount"].agg(lambda v: v.sum(skipna=False))
    return pd.DataFrame(sums.reset_index()[["unit", "flow", "amount", "per"]])
