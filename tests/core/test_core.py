import numpy as np
import pytest
from tests.worlds import grid

from shanshui.collect.inputs import INPUTS
from shanshui.core.assessment import assessment, card_of
from shanshui.core.errors import PlanError, QuantityError, nearest
from shanshui.core.source import citation, require, short_citation, sources
from shanshui.core.terms import terms
from shanshui.core.units import conversion
from shanshui.core.vocabulary import Elevation, Slope
from shanshui.core.voice import Voice
from shanshui.flow.plan import Source
from shanshui.plans.accounts import STOOD_IN
from shanshui.plans.everything import everything
from shanshui.terrain.slope import slope


@pytest.mark.parametrize(
    ("found", "expected", "value", "result"),
    [
        ("km", "m", 1.0, 1000.0),
        ("K", "degC", 273.15, 0.0),
        ("feet", "m", 1.0, 0.3048),
        ("1", "", 5.0, 5.0),
        ("%", "1", 50.0, 0.5),
        ("mu", "m^2", 3.0, 2000.0),
        ("10000 person", "person", 12.5, 125000.0),
        ("1e8 yuan", "yuan", 2.0, 2e8),
        ("10,000 yuan", "yuan", 2.0, 2e4),
        ("1000 ha", "km2", 1.0, 10.0),
        ("万人", "person", 12.5, 125000.0),
        ("亿元", "yuan", 1.0, 1e8),
        ("百万吨/年", "t/yr", 1.0, 1e6),
        ("千米", "m", 1.0, 1000.0),
        ("千公顷", "ha", 2.0, 2000.0),
    ],
)
def test_units_are_converted(found, expected, value, result):
    factor, offset = conversion(found, expected)
    assert value * factor + offset == pytest.approx(result)


def test_units_of_another_dimension_are_refused():
    with pytest.raises(QuantityError, match="cannot become"):
        conversion("kg", "m")
    with pytest.raises(QuantityError, match="not known"):
        conversion("metrs", "m")


def test_a_grid_in_feet_is_turned_into_metres_at_the_door():
    metres = slope(grid([[0.0, 0, 0], [3.048, 3.048, 3.048], [6.096] * 3], "m", cell_m=10))
    feet = slope(grid([[0.0, 0, 0], [10.0, 10, 10], [20.0] * 3], "feet", cell_m=10))
    np.testing.assert_allclose(metres, feet, rtol=1e-5)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda g: g.values, "found ndarray"),
        (lambda g: g.rename(y="row"), "dims are"),
        (lambda g: g.drop_attrs(), "no units attribute; expected 'm'"),
        (lambda g: g.assign_attrs(units="kg"), "cannot become 'm'"),
        (lambda g: g.assign_attrs(crs="EPSG:4326"), "degrees of longitude"),
        (lambda g: g.isel(y=slice(None, None, -1)), "south to north"),
    ],
)
def test_the_door_names_the_argument_and_the_fault(spoil, says):
    with pytest.raises(QuantityError, match=says):
        slope(spoil(grid(np.zeros((3, 3)), "m")))


def test_a_misspelt_setting_is_answered_with_the_nearest():
    from shanshui.terrain.slope import slope_class

    with pytest.raises(PlanError, match="did you mean 'limits_deg'"):
        slope_class(grid([[1.0]], "degree"), limit_deg=(5.0,))


def test_settings_keep_their_range():
    from shanshui.terrain.relief import local_relief

    with pytest.raises(PlanError, match="outside"):
        local_relief(grid(np.zeros((3, 3)), "m"), window_cells=9999)


def test_unknown_sources_are_refused_when_the_module_loads():
    with pytest.raises(PlanError, match="not in sources.bib"):

        @assessment(source="horn1891")
        def wrong(elevation: Elevation) -> Slope:
            return elevation

    require("decisions/0001-anything")
    assert "Horn" in citation("horn1981")


def every_card():
    from shanshui.plans import accounts, pattern, survey

    cards = {}
    for module in (survey, accounts, pattern):
        for thing in vars(module).values():
            if hasattr(thing, "card"):
                cards[thing.card.name] = card_of(thing)
    return cards


def test_every_product_has_a_term_in_both_languages():
    known = {"drainage_check"}
    en, zh = Voice(), Voice("zh")
    for drop in (set(), STOOD_IN):
        given = [
            Source(n, k.gives, "", {}, dict, lambda c: None, everything)
            for n, k in INPUTS.items()
            if n not in drop
        ]
        plan = everything(given)
        for product in (*plan.steps, *plan.absent):
            assert product in known or zh.word(product) != en.word(product), product
            assert zh.word(product) != product.replace("_", " "), product


def test_docstrings_state_shape_unit_and_every_parameter():
    for name, card in every_card().items():
        text = card.fn.__doc__ or ""
        assert "Parameters" in text, name
        assert "Returns" in text, name
        for parameter, quantity in card.needs.items():
            line = next(
                (
                    row
                    for row in text.splitlines()
                    if " : " in row and parameter in row.partition(" : ")[0].strip().split(", ")
                ),
                "",
            )
            assert line, (name, parameter)
            if type(quantity).__name__ == "Grid":
                assert f"(y, x) [{quantity.unit}]" in line, (name, line)
        for setting in card.settings:
            assert setting in text, (name, setting)


def test_terms_cite_known_sources():
    assert {t.source for t in terms().values()} - {""} <= set(sources())


def test_a_plan_without_inputs_makes_nothing_and_says_why():
    plan = everything([])
    assert not plan.steps
    assert "no input 'elevation'" in plan.absent["slope"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("horn1981", "Horn (1981)"),
        ("jenson1988", "Jenson & Domingue (1988)"),
        ("barnes2014flats", "Barnes et al. (2014)"),
        ("seea2021", "United Nations (2021)"),
        ("own_frame", "shanshui"),
        ("decisions/0014-industry", "shanshui"),
    ],
)
def test_a_caption_names_families_and_year(key, words):
    assert short_citation(key) == words


def test_a_word_like_no_name_is_answered_in_a_line():
    many = [f"{a}{b}" for a in "abcdefghij" for b in ("lder", "sh", "spen", "lm")]
    assert nearest("bsh", many) == "did you mean 'bsh'?"
    told = nearest("0000", many)
    assert told.startswith("nearest of 40: ")
    assert len(told.removeprefix("nearest of 40: ").split(", ")) == 3
    assert "bsh" in nearest("xxxxxbshxxxxx", many)
    assert nearest("0000", many[:12]) == f"known: {', '.join(sorted(many[:12]))}"
    assert nearest("0000", []) == "there are none"
