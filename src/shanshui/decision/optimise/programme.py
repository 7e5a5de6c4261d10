"""The integer programme of an allocation as arrays: one variable for each use that a unit may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.units import conversion

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Sides = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Limit:
    """A capacity that the uses of all units share.

    Attributes
    ----------
    name : str
        As it is told.
    amount : table
        Units by uses: what each unit takes of it under each use.
    unit : str
        Of the amounts.
    low, high : float
        Least and greatest sum.
    quota_unit : str, optional
        Of low and high, where it is not that of the amounts.
    """

    name: str
    amount: pd.DataFrame
    unit: str = "1"
    low: float = -np.inf
    high: float = np.inf
    quota_unit: str | None = None


@dataclass(frozen=True)
class Programme:
    """Variables, worth, and the rows that they share.

    Attributes
    ----------
    units, uses : tuple of str
        Names.
    area : (n,) array [km2]
        Of units.
    unit_of, use_of : (v,) array of int
        Of each variable; variables of a unit stand together, in the order of the units.
    worth : (v,) array
        Of each variable.
    names : tuple of str
        Of the shared rows.
    rows : (m, v) array
        Their coefficients.
    low, high : (m,) array
        Their sides; infinite where there is none.
    source, target : (e,) array of int
        Units that touch.
    border : (e,) array
        Worth lost along each border between two uses.
    least_patch : (k,) array [km2]
        By use; 0 where any is allowed.
    """

    units: tuple[str, ...]
    uses: tuple[str, ...]
    area: Numbers
    unit_of: Whole
    use_of: Whole
    worth: Numbers
    names: tuple[str, ...]
    rows: Numbers
    low: Numbers
    high: Numbers
    source: Whole
    target: Whole
    border: Numbers
    least_patch: Numbers

    @property
    def one_each(self) -> sp.csr_matrix:
        """Rows of which each takes the variables of a unit."""
        ones = np.ones(self.unit_of.size)
        at = (self.unit_of, np.arange(self.unit_of.size))
        return sp.csr_matrix((ones, at), shape=(len(self.units), self.unit_of.size))

    @property
    def islands(self) -> tuple[str, ...]:
        """Units that touch no other, where any touch."""
        touched = np.zeros(len(self.units), bool)
        touched[self.source] = touched[self.target] = True
        return tuple(u for u, t in zip(self.units, touched, strict=True) if not t) if touched.any() else ()  # fmt: skip


def programme_of(
    value: pd.DataFrame,
    area_km2: pd.Series,
    *,
    allowed: pd.DataFrame | None,
    shares: Sides,
    areas_km2: Sides,
    limits: Sequence[Limit],
    borders: pd.DataFrame | None,
    border_price: float,
    least_patch_km2: Mapping[str, float],
    locked: Mapping[str, str],
) -> Programme:
    """Check what was given and lay it out.

    Parameters
    ----------
    value, area_km2, allowed, shares, areas_km2, limits, borders, border_price, least_patch_km2, locked
        As :class:`shanshui.decision.optimise.allocation.Allocation` has them.

    Returns
    -------
    Programme

    Raises
    ------
    QuantityError
        What does not fit: argument, unit, what was found, what was expected.
    """
    units, uses = tuple(map(str, value.index)), tuple(map(str, value.columns))
    _unique("value", units, "unit")
    _unique("value", uses, "use")
    table = value.set_axis(units).set_axis(uses, axis=1).astype(float)
    area = _of_units("area_km2", area_km2, units)
    if (wrong := ~(area > 0)).any():
        k = int(np.flatnonzero(wrong)[0])
        raise QuantityError(f"area_km2: unit {units[k]} has {area[k]:g}, expected more than 0 km2")
    may = _allowed(table, allowed, locked)
    unit_of, use_of = np.nonzero(may)
    names, rows, low, high = [], [], [], []

    def add(name: str, row: Numbers, sides: tuple[float, float]) -> None:
        least, most = (float(s) for s in sides)
        if np.isnan(least) or np.isnan(most) or least > most:
            raise QuantityError(
                f"{name}: from {least:g} to {most:g}, expected two numbers of which the second is not less"
            )
        names.append(name)
        rows.append(row)
        low.append(least)
        high.append(most)

    for use, sides in shares.items():
        if min(sides) < 0.0 or max(sides) > 1.0:
            raise QuantityError(f"shares.{use}: from {sides[0]:g} to {sides[1]:g}, expected shares of the area, 0 to 1")  # fmt: skip
        at = _use("shares", use, uses)
        add(f"share of {use}", (use_of == at) * area[unit_of] / area.sum(), sides)
    for use, sides in areas_km2.items():
        add(f"area of {use}", (use_of == _use("areas_km2", use, uses)) * area[unit_of], sides)
    for limit in limits:
        amounts = _amounts(limit, units, uses)[unit_of, use_of]
        add(limit.name, amounts, _quota(limit))
    source, target, border = _borders(borders, border_price, units)
    patch = np.zeros(len(uses))
    for use, least in least_patch_km2.items():
        patch[_use("least_patch_km2", use, uses)] = least
    if patch.any() and source.size == 0:
        raise QuantityError("least_patch_km2: needs borders; expected a table source, target, border_km of units that touch")  # fmt: skip
    return Programme(
        units, uses, area, unit_of, use_of, table.to_numpy()[unit_of, use_of], tuple(names),
        np.array(rows, float).reshape(len(rows), unit_of.size), np.array(low), np.array(high), source, target, border, patch,
    )  # fmt: skip


def _quota(limit: Limit) -> tuple[float, float]:
    """Sides of a limit in the unit of its amounts."""
    if limit.quota_unit is None:
        return limit.low, limit.high
    try:
        factor, offset = conversion(limit.quota_unit, limit.unit)
    except QuantityError as found:
        raise QuantityError(
            f"limits.{limit.name}: quota in {limit.quota_unit}, amounts in {limit.unit}; expected units of one kind ({found})"
        ) from None
    return limit.low * factor + offset, limit.high * factor + offset


def _unique(argument: str, names: Sequence[str], kind: str) -> None:
    twice = pd.Index(names)[pd.Index(names).duplicated()]
    if len(names) == 0 or len(twice):
        found = f"{kind} {twice[0]} twice" if len(twice) else f"no {kind}"
        raise QuantityError(f"{argument}: has {found}, expected each once")


def _use(argument: str, use: str, uses: Sequence[str]) -> int:
    if use not in uses:
        raise QuantityError(f"{argument}: no use {use!r}; {nearest(use, uses)}")
    return list(uses).index(use)


def _of_units(argument: str, column: pd.Series, units: Sequence[str]) -> Numbers:
    named = column.set_axis(column.index.astype(str)).astype(float)
    lacking = [u for u in units if u not in named.index]
    if lacking:
        raise QuantityError(f"{argument}: has no unit {lacking[0]}, {len(lacking)} of {len(units)} lack; expected all units of value")  # fmt: skip
    return np.asarray(named.reindex(pd.Index(units)), np.float64)


def _amounts(limit: Limit, units: Sequence[str], uses: Sequence[str]) -> Numbers:
    frame = limit.amount.set_axis(limit.amount.index.astype(str))
    for use in frame.columns:
        _use(f"limits.{limit.name}", str(use), uses)
    found = frame.reindex(index=list(units), columns=list(uses)).to_numpy(float)
    if np.isnan(found).any():
        i, k = np.argwhere(np.isnan(found))[0]
        raise QuantityError(
            f"limits.{limit.name}: unit {units[i]} under {uses[k]} is not known; expected a number for each unit and use"
        )
    return found


def _allowed(
    table: pd.DataFrame, allowed: pd.DataFrame | None, locked: Mapping[str, str]
) -> NDArray[np.bool_]:
    units, uses = [str(u) for u in table.index], [str(u) for u in table.columns]
    may = np.ones(table.shape, bool)
    if allowed is not None:
        frame = allowed.set_axis(allowed.index.astype(str))
        for use in frame.columns:
            _use("allowed", str(use), uses)
        rows = frame.reindex(index=units, columns=uses)
        if rows.isna().to_numpy().any():
            i, k = np.argwhere(rows.isna().to_numpy())[0]
            raise QuantityError(f"allowed: unit {units[i]} under {uses[k]} is not told; expected true or false for each unit and use")  # fmt: skip
        may = rows.to_numpy(bool)
    for unit, use in locked.items():
        if str(unit) not in units:
            raise QuantityError(f"locked: no unit {unit!r} in value; {nearest(str(unit), units)}")
        i, k = units.index(str(unit)), _use("locked", use, uses)
        if not may[i, k]:
            raise QuantityError(f"locked: unit {unit} is held to {use}, which is not allowed there")
        may[i] = False
        may[i, k] = True
    none = np.flatnonzero(~may.any(axis=1))
    if none.size:
        raise QuantityError(f"allowed: {none.size} units may take no use, the first is {units[none[0]]}; expected at least one")  # fmt: skip
    blank = may & np.isnan(table.to_numpy())
    if blank.any():
        i, k = np.argwhere(blank)[0]
        raise QuantityError(f"value: unit {units[i]} under {uses[k]} is not known; give a number, or do not allow the use there")  # fmt: skip
    return may


def _borders(
    borders: pd.DataFrame | None, price: float, units: Sequence[str]
) -> tuple[Whole, Whole, Numbers]:
    if price < 0 or not np.isfinite(price):
        raise QuantityError(f"border_price: is {price:g}, expected 0 or more per km")
    none = np.zeros(0, np.int64)
    if borders is None:
        if price > 0:
            raise QuantityError("border_price: needs borders; expected a table source, target, border_km of units that touch")  # fmt: skip
        return none, none, np.zeros(0)
    order = {u: k for k, u in enumerate(units)}
    ends = []
    for column in ("source", "target"):
        named = borders[column].astype(str)
        stranger = named[~named.isin(list(order))]
        if len(stranger):
            raise QuantityError(f"borders.{column}: no unit {stranger.iloc[0]} in value; expected units that it has")  # fmt: skip
        ends.append(named.map(order).to_numpy(np.int64))
    length = borders["border_km"].to_numpy(float)
    if not (length >= 0).all():
        raise QuantityError("borders.border_km: holds a length below 0 or none, expected 0 km or more")  # fmt: skip
    apart = ends[0] != ends[1]
    return ends[0][apart], ends[1][apart], price * length[apart]
