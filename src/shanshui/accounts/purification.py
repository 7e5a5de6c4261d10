"""Pollutants that land and water take out: what is emitted where the standard holds, what they can take elsewhere."""

import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.vocabulary import Coefficients, Facts


@assessment(source="gep_garze2017", bytes_per_cell=0)
def purification(emissions: Facts, purification_capacity: Coefficients) -> Facts:
    """Amount of each pollutant purified per unit.

    Parameters
    ----------
    emissions : table
        ``unit, pollutant, emitted_t, meets_standard`` (1 where the ambient quality of that pollutant in that unit meets its standard).
    purification_capacity : table
        ``unit, pollutant, capacity_t``: what the ecosystems of the unit can take. No default stands: published rates differ tenfold.

    Returns
    -------
    table
        ``unit, pollutant, emitted_t, capacity_t, purified_t``: the emission where the standard is met, else the capacity, never
        above the emission.

    Raises
    ------
    QuantityError
        A pollutant beyond its standard without a capacity.
    """
    rows = emissions.merge(purification_capacity, on=["unit", "pollutant"], how="left")
    over = rows["meets_standard"].astype(int) == 0
    lacks = over & rows["capacity_t"].isna()
    if lacks.any():
        first = rows[lacks].iloc[0]
        raise QuantityError(
            f"purification_capacity: none for {first['pollutant']} in unit {first['unit']}, which is beyond its standard; add a row"
        )
    taken = rows["emitted_t"].where(~over, rows[["emitted_t", "capacity_t"]].min(axis=1))
    out = rows.assign(purified_t=taken)
    out = out[["unit", "pollutant", "emitted_t", "capacity_t", "purified_t"]]
    out.attrs["units"] = dict.fromkeys(("emitted_t", "capacity_t", "purified_t"), "t/yr")
    return pd.DataFrame(out)
