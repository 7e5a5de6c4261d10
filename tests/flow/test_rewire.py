"""A plan with one product put in the place of another."""

import numpy as np
import pytest
from tests.worlds import grid_spec

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.vocabulary import Elevation, Slope
from shanshui.flow.plan import Plan
from shanshui.flow.rewire import below, is_before, plain, with_change
from shanshui.flow.run import Run
from shanshui.flow.steps import Source, Step, step
from shanshui.region.grid import like
from shanshui.store.layout import Layout

SPEC = grid_spec(4, 5)


@assessment(source="own_pattern", halo=0)
def doubled(height: Elevation) -> Elevation:
    """Twice.

    Parameters
    ----------
    height : (y, x) [m]
        Any.

    Returns
    -------
    (y, x) [m]
        Twice.

    Notes
    -----
    x' = 2 x.
    """
    return like(height, height.values * 2, "m")


@assessment(source="own_pattern", halo=0)
def lifted(height: Elevation, slope: Slope) -> Elevation:
    """Height plus slope.

    Parameters
    ----------
    height : (y, x) [m]
        Any.
    slope : (y, x) [degree]
        Any.

    Returns
    -------
    (y, x) [m]
        Sum.

    Notes
    -----
    x' = x + s.
    """
    return like(height, height.values + slope.values, "m")


@assessment(source="own_pattern", halo=0)
def tilted(height: Elevation) -> Slope:
    """A tenth, as a slope.

    Parameters
    ----------
    height : (y, x) [m]
        Any.

    Returns
    -------
    (y, x) [degree]
        A tenth.

    Notes
    -----
    s = x / 10.
    """
    return like(height, height.values / 10, "degree")


def top():
    values = np.full(SPEC.shape, 100.0, np.float32)
    return Source(
        "top", Grid("m"), "memory", {}, lambda: {"top": "one"}, lambda c: SPEC.lay(values, "m"), top
    )


def base():
    return Plan.of(
        step(tilted, binds={"height": "top"}),
        step(doubled, name="far", binds={"height": "top"}),
        step(doubled, name="further", binds={"height": "far"}),
        sources=[top()],
    )


def raised(plan, number, asked=("tilted",)):
    def changed(before):
        return [
            Step("top", lifted.card, lifted, {"height": before("top"), "slope": before("tilted")})
        ]

    return with_change(plan, "top", number, asked, changed)


def run(plan, folder, base=None, variant=""):
    with_all = Run(plan, Layout(folder), SPEC, variant=variant, base=base)
    outcome = with_all.bring(plan.steps)
    return outcome, {n: with_all.objects.get(d) for n, d in with_all.recipes.digests.items()}


def test_what_a_change_asks_stays_as_it_was_and_all_else_takes_what_it_becomes(tmp_path):
    plan = raised(base(), 1)
    assert set(plan.steps) - set(base().steps) == {"top@1", "tilted@1"}
    assert plan.inputs("further") == {"height": "far"}
    assert plan.inputs("tilted@1") == {"height": "top@1"}
    outcome, found = run(base(), tmp_path / "a")
    assert len(outcome.made) == 4
    outcome, found = run(plan, tmp_path / "a", base(), "higher")
    # the slope of the old ground is 10: the new one is 110 high
    assert found["top"].values[0, 0] == 110
    assert found["tilted@1"].values[0, 0] == 10
    assert found["tilted"].values[0, 0] == 11
    assert found["further"].values[0, 0] == 440
    # what stands before the change is what the study has: not made again, and shown to nobody
    assert set(outcome.known) == {"top@1", "tilted@1"}
    assert sorted(p.name for p in (tmp_path / "a/products/higher").iterdir()) == [
        "far.tif",
        "further.tif",
        "tilted.tif",
        "top.tif",
    ]


def test_a_change_upon_a_change_does_not_move_what_the_first_one_asked(tmp_path):
    once = raised(base(), 1)
    twice = raised(once, 2)
    _, found = run(twice, tmp_path / "b")
    assert [found[n].values[0, 0] for n in ("top@1", "top@2", "top")] == [100, 110, 121]
    # a change above what the first one asked leaves the first as it was when it was made

    def changed(before):
        return [Step("tilted", tilted.card, tilted, {"height": before("far")})]

    later = with_change(once, "tilted", 2, ["far"], changed)
    _, found = run(later, tmp_path / "c")
    assert found["top"].values[0, 0] == 110
    assert found["tilted"].values[0, 0] == 22


def test_names_before_a_change():
    assert plain("slope.deep@3") == "slope.deep"
    assert is_before("slope@1")
    assert not is_before("slope")
    assert below(base(), "far") == {"far", "further"}


def test_a_product_that_is_not_there_is_no_change():
    with pytest.raises(KeyError):
        with_change(base(), "nowhere", 1, [], lambda before: [])
