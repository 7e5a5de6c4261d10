"""Allocations against all that there are, bounds, what holds them back, and what cannot be held together."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.core.errors import PlanError, QuantityError
from shanshui.decision.optimise import Allocation, Limit

USES = ["keep", "farm", "town"]


def table(values, uses=USES):
    values = np.asarray(values, float)
    return pd.DataFrame(values, index=[f"u{k}" for k in range(len(values))], columns=uses[: values.shape[1]])  # fmt: skip


def areas(values):
    return pd.Series(np.asarray(values, float), index=[f"u{k}" for k in range(len(values))])


def path(count, km=1.0):
    return pd.DataFrame({"source": [f"u{k}" for k in range(count - 1)], "target": [f"u{k + 1}" for k in range(count - 1)], "border_km": km})  # fmt: skip


def patches(uses, area, least):
    """Whether each run of units on a path is as large as its use asks."""
    k = 0
    for use, run in itertools.groupby(uses):
        size = len(list(run))
        if sum(area[k : k + size]) < least.get(use, 0.0):
            return False
        k += size
    return True


def best_of_all(value, area, *, shares=None, limits=(), price=0.0, least=None, allowed=None):
    """Worth of the best of all allocations on a path of units; None where none holds."""
    v, a, names = value.to_numpy(), area.to_numpy(), list(value.columns)
    best = None
    for uses in itertools.product(range(len(names)), repeat=len(a)):
        picked = np.array(uses)
        if allowed is not None and not allowed.to_numpy()[np.arange(len(a)), picked].all():
            continue
        parts = {n: a[picked == k].sum() / a.sum() for k, n in enumerate(names)}
        if any(not lo - 1e-9 <= parts[n] <= hi + 1e-9 for n, (lo, hi) in (shares or {}).items()):
            continue
        sums = [float(lim.amount.to_numpy()[np.arange(len(a)), picked].sum()) for lim in limits]
        if any(not lim.low - 1e-9 <= s <= lim.high + 1e-9 for lim, s in zip(limits, sums, strict=True)):  # fmt: skip
            continue
        if not patches([names[k] for k in uses], a, least or {}):
            continue
        worth = v[np.arange(len(a)), picked].sum() - price * (picked[1:] != picked[:-1]).sum()
        best = worth if best is None else max(best, worth)
    return best


whole = st.integers(0, 9)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_small_programmes_are_solved_as_by_trying_all(data):
    count = data.draw(st.integers(2, 5))
    value = table(data.draw(st.lists(st.lists(whole, min_size=3, max_size=3), min_size=count, max_size=count)))  # fmt: skip
    area = areas(data.draw(st.lists(st.integers(1, 4), min_size=count, max_size=count)))
    low = data.draw(st.sampled_from([0.0, 0.2, 0.5]))
    high = data.draw(st.sampled_from([0.5, 0.7, 1.0]))
    amount = table(data.draw(st.lists(st.lists(whole, min_size=3, max_size=3), min_size=count, max_size=count)))  # fmt: skip
    limit = Limit("water", amount, "m3/yr", high=float(data.draw(st.integers(0, 9 * count))))
    price = float(data.draw(st.sampled_from([0, 2])))
    least = {"town": float(data.draw(st.sampled_from([0, 3])))}
    shares = {"keep": (low, 1.0), "farm": (0.0, high)}
    best = best_of_all(value, area, shares=shares, limits=[limit], price=price, least=least)
    found = Allocation(
        value, area, shares=shares, limits=[limit], borders=path(count), border_price=price, least_patch_km2=least,
    ).solve(exactly=True)  # fmt: skip
    if best is None:
        assert found.status in ("infeasible", "none found")
        return
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best)
    assert found.patches_below == 0
    quick = Allocation(value, area, shares=shares, limits=[limit]).solve(exactly=False)
    if quick.status not in ("infeasible", "none found"):
        free = best_of_all(value, area, shares=shares, limits=[limit])
        assert quick.objective <= free + 1e-6 <= quick.bound + 2e-6


def test_without_anything_shared_each_unit_takes_its_best_use():
    found = Allocation(table([[3, 1, 2], [1, 5, 2], [0, 1, 4]]), areas([1, 1, 1])).solve()
    assert found.use.tolist() == ["keep", "farm", "town"]
    assert (found.status, found.objective, found.bound, found.gap) == ("optimal", 12.0, 12.0, 0.0)


def test_a_use_that_does_not_suit_is_not_taken_and_its_worth_need_not_be_known():
    value = table([[1, np.nan, 2], [1, 5, 2]])
    allowed = pd.DataFrame([[True, False, False], [True, True, True]], value.index, value.columns)
    assert Allocation(value, areas([1, 1]), allowed=allowed).solve().use.tolist() == ["keep", "farm"]  # fmt: skip


def test_a_locked_unit_stays():
    found = Allocation(table([[3, 1], [3, 1]]), areas([1, 1]), locked={"u1": "farm"}).solve()
    assert found.use.tolist() == ["keep", "farm"]


def test_borders_that_cost_make_it_compact():
    value = table([[2, 1], [1, 2], [2, 1]])
    free = Allocation(value, areas([1, 1, 1])).solve()
    dear = Allocation(value, areas([1, 1, 1]), borders=path(3), border_price=1.0).solve()
    assert free.use.tolist() == ["keep", "farm", "keep"]
    assert dear.use.tolist() == ["keep", "keep", "keep"]
    assert dear.objective == 5.0


def test_a_patch_is_at_least_so_large():
    value = table([[2, 1], [1, 9], [3, 1], [2, 1]])
    found = Allocation(value, areas([1, 1, 1, 1]), borders=path(4), least_patch_km2={"farm": 2.0}).solve()  # fmt: skip
    assert found.use.tolist() == ["farm", "farm", "keep", "keep"]
    assert (found.status, found.patches_below) == ("optimal", 0)


def test_units_may_be_divided():
    found = Allocation(table([[0, 1], [0, 1]]), areas([1, 1]), shares={"farm": (0, 0.25)}).solve(whole=False)  # fmt: skip
    assert found.shares["farm"].sum() == pytest.approx(0.5)
    assert found.status == "optimal"


def test_what_binds_has_a_price_and_what_does_not_has_none():
    limit = Limit("people", table([[0, 1], [0, 1], [0, 1]]), "person", high=2.0)
    loose = Limit("water", table([[0, 1], [0, 1], [0, 1]]), "m3/yr", high=9.0)
    found = Allocation(table([[0, 3], [0, 2], [0, 1]]), areas([1, 1, 1]), limits=[limit, loose]).solve()  # fmt: skip
    rows = found.constraints.set_index("constraint")
    assert rows["binds"].tolist() == [1.0, 0.0]
    # one person more lets the third unit in, which is worth 1
    assert rows.loc["people", "shadow_price"] == pytest.approx(1.0)
    assert rows.loc["water", "shadow_price"] == 0.0
    assert rows.loc["people", "slack"] == 0.0


def test_a_quota_in_another_unit_is_converted_and_one_of_another_kind_refused():
    amount = table([[0, 1000], [0, 1000]])
    given = {"value": table([[0, 1], [0, 1]]), "area_km2": areas([1, 1])}
    found = Allocation(**given, limits=[Limit("water", amount, "m3/yr", high=1.0, quota_unit="1000 m3/yr")]).solve()  # fmt: skip
    assert found.use.tolist().count("farm") == 1
    with pytest.raises(QuantityError, match="limits.water: quota in person, amounts in m3/yr"):
        Allocation(**given, limits=[Limit("water", amount, "m3/yr", high=1.0, quota_unit="person")])


def test_shares_that_cannot_be_held_together_are_named_with_what_is_attainable():
    found = Allocation(table([[1, 1]] * 4), areas([1, 1, 1, 1]), shares={"keep": (0.8, 1.0), "farm": (0.5, 1.0)}).solve()  # fmt: skip
    assert found.status == "infeasible"
    assert (found.use == "").all()
    assert np.isnan(found.bound)
    assert set(found.conflicts["constraint"]) == {"share of keep", "share of farm"}
    assert (found.conflicts["in_conflict"] == 1).all()
    asked, got = found.conflicts["asked"].sum(), found.conflicts["attainable"].sum()
    assert asked == pytest.approx(1.3)
    assert got == pytest.approx(1.0)
    assert found.conflicts["alone"].tolist() == [1.0, 1.0]


def test_a_share_beyond_what_suits_is_told_by_itself():
    value = table([[1, 1]] * 4)
    allowed = pd.DataFrame([[True, True]] + [[True, False]] * 3, value.index, value.columns)
    found = Allocation(value, areas([1, 1, 1, 1]), allowed=allowed, shares={"farm": (0.5, 1.0), "keep": (0.1, 1.0)}).solve()  # fmt: skip
    assert found.conflicts["constraint"].tolist() == ["share of farm"]
    assert found.conflicts["alone"].tolist() == [0.25]
    assert found.conflicts["attainable"].tolist() == pytest.approx([0.25])


def test_shares_that_only_divided_units_hold_are_not_called_infeasible():
    found = Allocation(table([[1, 1]] * 2), areas([3, 1]), shares={"keep": (0.5, 0.5)}).solve()
    assert found.status == "none found"
    assert (found.use == "").all()


def test_units_that_touch_no_other_are_told():
    found = Allocation(table([[1, 0]] * 3), areas([1, 1, 1]), borders=path(2)).solve()
    assert found.islands == ("u2",)


def large(count=2000):
    random = np.random.default_rng(3)
    uses = list("abcdef")
    index = [f"u{k}" for k in range(count)]
    area = pd.Series(random.uniform(1, 5, count), index)
    value = pd.DataFrame(random.random((count, 6)) * area.to_numpy()[:, None], index, uses)
    amount = pd.DataFrame(random.random((count, 6)) * area.to_numpy()[:, None], index, uses)
    shares = dict(zip(uses, [(0.3, 0.5), (0.2, 0.3), (0.05, 0.1), (0.05, 0.2), (0.1, 0.3), (0.02, 0.1)], strict=True))  # fmt: skip
    limit = Limit("water", amount, high=float(amount.to_numpy().sum()) / 6 * 0.97)
    return Allocation(value, area, shares=shares, limits=[limit])


def test_many_units_come_within_a_thousandth_of_the_bound_and_keep_all_sides():
    found = large().solve()
    assert found.status == "within the gap"
    assert 0 <= found.gap < 1e-3
    rows = found.constraints
    assert (rows["value"] >= rows["low"] - 1e-6).all()
    assert (rows["value"] <= rows["high"] * (1 + 1e-9) + 1e-6).all()
    assert (found.shares.sum(axis=1) == 1).all()


def test_the_same_programme_gives_the_same_allocation():
    first, again = large(400).solve(exactly=False), large(400).solve(exactly=False)
    assert first.use.equals(again.use)
    assert first.objective == again.objective


def test_what_the_clock_cuts_short_is_never_called_optimal():
    found = large(400).solve(exactly=True, time_limit_s=1e-6)
    assert found.status in ("within the gap", "best found")
    assert found.bound >= found.objective


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"area_km2": areas([1, -2])}, "area_km2: unit u1 has -2"),
        ({"area_km2": areas([1])}, "area_km2: has no unit u1"),
        ({"value": table([[1, np.nan], [1, 2]])}, "value: unit u0 under farm is not known"),
        ({"shares": {"frm": (0, 1)}}, "shares: no use 'frm'; did you mean 'farm'"),
        ({"shares": {"farm": (0.5, 0.2)}}, "share of farm: from 0.5 to 0.2"),
        ({"shares": {"farm": (0.5, 1.2)}}, "shares.farm: from 0.5 to 1.2"),
        ({"locked": {"u9": "farm"}}, "locked: no unit 'u9'"),
        ({"border_price": 1.0}, "border_price: needs borders"),
        ({"least_patch_km2": {"farm": 2.0}}, "least_patch_km2: needs borders"),
        ({"borders": path(3)}, "borders.target: no unit u2"),
        ({"borders": path(2, -1.0)}, "borders.border_km: holds a length below 0"),
        ({"limits": [Limit("water", table([[1, np.nan], [1, 2]]))]}, "limits.water: unit u0 under farm is not known"),
        ({"value": pd.DataFrame([[1, 2], [1, 2]], ["u0", "u0"], ["keep", "farm"])}, "value: has unit u0 twice"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(changed, message):
    given = {"value": table([[1, 2], [3, 4]]), "area_km2": areas([1, 1])} | changed
    with pytest.raises(QuantityError, match=message):
        Allocation(**given)


def test_a_unit_that_may_take_nothing_is_refused():
    value = table([[1, 2], [3, 4]])
    allowed = pd.DataFrame([[True, True], [False, False]], value.index, value.columns)
    with pytest.raises(QuantityError, match="allowed: 1 units may take no use, the first is u1"):
        Allocation(value, areas([1, 1]), allowed=allowed)


def test_a_time_that_is_none_is_refused():
    with pytest.raises(PlanError, match="time_limit_s 0"):
        Allocation(table([[1, 2]]), areas([1])).solve(time_limit_s=0.0)
