"""Tables have units and keys, as grids have units."""

from typing import Annotated

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from tests.worlds import grid

from shanshui.core.assessment import assessment, card_of
from shanshui.core.door import admit
from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Table
from shanshui.core.setting import Ascending, Between, Each
from shanshui.core.vocabulary import Counties, Labels, Population, Prefectures
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, step

PEOPLE = Table({"code": Key("county"), "year": "yr", "population": "person", "note?": TEXT})


def people(values, unit=None, kind=None):
    frame = pd.DataFrame({"code": ["1", "2"], "year": 2020, "population": values})
    if unit:
        frame.attrs["units"] = {"population": unit}
    if kind:
        frame.attrs["keys"] = {"code": kind}
    return frame


def test_a_column_in_another_unit_is_turned_into_the_declared_one():
    out = admit("people", people([12.5, 1.0], "10000 person"), PEOPLE)
    assert out["population"].tolist() == [125000.0, 10000.0]
    assert out.attrs["units"]["population"] == "person"


def test_the_table_that_was_handed_over_is_left_as_it_is():
    given = people([12.5, 1.0], "10000 person")
    admit("people", given, PEOPLE)
    assert given["population"].tolist() == [12.5, 1.0]
    assert given.attrs["units"]["population"] == "10000 person"


def test_a_column_without_a_unit_is_in_the_declared_one():
    assert admit("people", people([3.0, 4.0]), PEOPLE)["population"].tolist() == [3.0, 4.0]


def test_a_column_of_another_dimension_is_refused_by_name():
    with pytest.raises(
        QuantityError, match=r"people\.population: unit 'km2' cannot become 'person'"
    ):
        admit("people", people([1.0, 2.0], "km2"), PEOPLE)


def test_a_table_of_another_place_is_refused():
    assert admit("people", people([1.0, 2.0], kind="county"), PEOPLE) is not None
    with pytest.raises(QuantityError, match=r"people\.code: names a prefecture, expected a county"):
        admit("people", people([1.0, 2.0], kind="prefecture"), PEOPLE)


def test_a_missing_column_is_refused_and_an_optional_one_is_not():
    with pytest.raises(QuantityError, match="no column year"):
        admit("people", people([1.0, 2.0]).drop(columns="year"), PEOPLE)


def test_the_index_counts_as_a_column():
    by_unit = people([1.0, 2.0]).set_index("code")
    assert admit("people", by_unit, PEOPLE).index.name == "code"


def test_an_unknown_kind_of_place_is_answered_with_the_nearest():
    with pytest.raises(PlanError, match="did you mean 'county'"):

        @assessment(source="horn1981")
        def wrong(
            people: Annotated[pd.DataFrame, Table({"code": Key("conty")})],
        ) -> Annotated[pd.DataFrame, PEOPLE]:
            return people


def result(**columns):
    @assessment(source="horn1981")
    def shares(
        people: Annotated[pd.DataFrame, PEOPLE],
    ) -> Annotated[pd.DataFrame, Table({"code": Key("county"), "share": "%", "why?": TEXT})]:
        """Shares."""
        frame = pd.DataFrame({"code": people["code"], **columns})
        frame.attrs["units"] = {"share": columns.get("unit", "%")} if "unit" in columns else {}
        return frame.drop(columns="unit", errors="ignore")

    return shares


def test_a_result_carries_the_declared_units_and_keys():
    out = result(share=[1.0, 99.0])(people([1.0, 99.0]))
    assert out.attrs["units"] == {"share": "%"}
    assert out.attrs["keys"] == {"code": "county"}


def test_a_result_that_lacks_a_declared_column_or_has_another_is_a_fault():
    with pytest.raises(QuantityError, match="the result has no column share"):
        result()(people([1.0, 2.0]))
    with pytest.raises(QuantityError, match="not declared: extra"):
        result(share=[1.0, 2.0], extra=[1, 2])(people([1.0, 2.0]))
    with pytest.raises(QuantityError, match="declared in '%', returned in '1'"):
        result(share=[1.0, 2.0], unit="1")(people([1.0, 2.0]))


@assessment(source="horn1981")
def cells(
    places: Annotated[gpd.GeoDataFrame, Features({"*": ANY}, Key("county", "prefecture"))],
    mask: Annotated[object, Grid("1")],
) -> Annotated[object, Grid("1", Key("=places"))]:
    """Labels of whatever places are bound."""
    return mask


@assessment(source="horn1981")
def sums(labels: Labels) -> Annotated[pd.DataFrame, Table({"unit": Key("=labels"), "sum": "1"})]:
    """Sums by label."""
    return pd.DataFrame({"unit": [1], "sum": [float(labels.sum())]})


@assessment(source="horn1981")
def by_county(
    sums: Annotated[pd.DataFrame, Table({"unit": Key("county"), "sum": "1"})], counties: Counties
) -> Annotated[pd.DataFrame, Table({"unit": Key("county"), "sum": "1"})]:
    """Sums of counties."""
    return sums


def sources(*names):
    kinds = {
        "counties": Features({"*": ANY}, Key("county")),
        "prefectures": Features({"*": ANY}, Key("prefecture")),
        "mask": Grid("1"),
    }
    return [Source(n, kinds[n], "", {}, dict, lambda c: None, sources) for n in names]


def test_a_table_is_by_the_kind_of_place_that_its_labels_are():
    plan = Plan.of(
        step(cells, name="county_cells", binds={"places": "counties"}),
        step(cells, name="prefecture_cells", binds={"places": "prefectures"}),
        step(sums, name="county_sums", binds={"labels": "county_cells"}),
        step(sums, name="prefecture_sums", binds={"labels": "prefecture_cells"}),
        sources=sources("counties", "prefectures", "mask"),
    )
    assert plan.key("county_cells") == ("county",)
    assert plan.keys("county_sums") == {"unit": ("county",)}
    assert plan.keys("prefecture_sums") == {"unit": ("prefecture",)}


def test_a_plan_refuses_a_table_of_another_place():
    steps = [
        step(cells, name="prefecture_cells", binds={"places": "prefectures"}),
        step(sums, name="prefecture_sums", binds={"labels": "prefecture_cells"}),
        step(by_county, binds={"sums": "prefecture_sums"}),
    ]
    with pytest.raises(
        PlanError,
        match=r"by_county\.sums\.unit: takes county, but 'prefecture_sums' is by prefecture",
    ):
        Plan.of(*steps, sources=sources("counties", "prefectures", "mask"))


def test_a_plan_refuses_outlines_of_another_place():
    steps = [
        step(cells, name="county_cells", binds={"places": "counties"}),
        step(sums, name="county_sums", binds={"labels": "county_cells"}),
        step(by_county, binds={"sums": "county_sums", "counties": "prefectures"}),
    ]
    with pytest.raises(
        PlanError, match=r"by_county\.counties: takes county, but 'prefectures' is by prefecture"
    ):
        Plan.of(*steps, sources=sources("counties", "prefectures", "mask"))


def test_features_say_what_their_rows_are():
    frame = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["a"], "parent": [""]}, geometry=[shapely.box(0, 0, 1, 1)]
    )
    assert admit("counties", frame, Features({"code": TEXT}, Key("county"))) is frame


@assessment(source="horn1981", halo=0)
def tuned(
    mask: Annotated[object, Grid("1")],
    *,
    limit: float | None = None,
    year: int | None = None,
    roles: tuple[str, ...] = ("core",),
    codes: tuple[int, ...] = (1,),
    kept: bool = False,
    share: Annotated[float, Between(0.0, 1.0)] = 0.5,
    limits: Annotated[tuple[float, ...], Ascending(0.0, 90.0)] = (6.0, 15.0),
    weights: Annotated[tuple[float, ...], Each(0.0, 1.0, 3)] = (1.0, 1.0, 1.0),
) -> Annotated[object, Grid("1")]:
    """A grid."""
    return mask


@pytest.mark.parametrize(
    ("word", "text", "value"),
    [
        ("limit", "0.1", 0.1),
        ("limit", "none", None),
        ("limit", "None", None),
        ("year", "2020", 2020),
        ("year", "none", None),
        ("roles", "core,hub", ("core", "hub")),
        ("roles", "core, hub", ("core", "hub")),
        ("codes", "1,2,3", (1, 2, 3)),
        ("codes", [1, 2], (1, 2)),
        ("kept", "yes", True),
        ("kept", "False", False),
        ("share", 1, 1.0),
        ("limits", "5,15,25", (5.0, 15.0, 25.0)),
    ],
)
def test_a_setting_is_read_as_its_annotation_says(word, text, value):
    plan = Plan.of(step(tuned), sources=sources("mask"))
    found = plan.with_settings({"tuned": {word: text}}).steps["tuned"].settings[word]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("word", "text", "says"),
    [
        ("limit", "much", "expected a number or none; the default is None"),
        ("year", "2020.5", "expected a whole number or none"),
        ("codes", "1,b", "expected whole numbers parted by commas"),
        ("kept", "perhaps", "expected true or false"),
        ("share", True, "expected a number"),
        ("share", "nan", "expected a finite number"),
        ("share", "1.5", r"outside \[0.0, 1.0\]"),
        ("limits", "25,15,6", "do not rise"),
        ("limits", "5,5", "do not rise"),
        ("limits", "-5,6", "outside"),
        ("limits", "5,91", "outside"),
        ("limits", "nan,5", "finite"),
        ("limits", "", "one or more numbers"),
        ("weights", "1,1", "found 2 numbers, expected 3"),
        ("weights", "1,1,2", "outside"),
        ("shares", "1", "did you mean 'share'"),
    ],
)
def test_a_setting_of_another_type_or_out_of_order_is_refused(word, text, says):
    plan = Plan.of(step(tuned), sources=sources("mask"))
    with pytest.raises(PlanError, match=says):
        plan.with_settings({"tuned": {word: text}})


def test_the_card_keeps_the_annotation_of_each_setting():
    assert card_of(tuned).types["year"] == int | None
    assert card_of(tuned).types["share"] is float


def test_population_goes_by_administrative_places_only():
    assert admit("population", people([1.0, 2.0], kind="county"), card_population()) is not None
    with pytest.raises(QuantityError, match="expected a county or prefecture or province"):
        admit("population", people([1.0, 2.0], kind="planning_unit"), card_population())


def card_population():
    return Population.__metadata__[0]


def test_labels_grids_and_prefectures_have_aliases():
    assert Prefectures.__metadata__[0].key == Key("prefecture")
    mask = grid([[1, 1]], "1")
    assert float(sums(mask)["sum"].iloc[0]) == 2.0


def labels(kind):
    mask = grid([[1, 1]], "1")
    mask.attrs["key"] = kind
    return mask


@assessment(source="horn1981")
def shares(
    labels: Labels,
    sums: Annotated[pd.DataFrame, Table({"unit": Key("=labels"), "sum": "1"})],
    places: Annotated[gpd.GeoDataFrame, Features({"*": ANY}, Key("=labels"))],
) -> Annotated[pd.DataFrame, Table({"unit": Key("=labels"), "sum": "1"})]:
    """Sums of the places that the labels number."""
    return sums.copy()


def outlines(kind):
    frame = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shapely.box(0, 0, 1, 1)])
    frame.attrs["key"] = kind
    return frame


def test_a_result_is_by_the_kind_of_place_of_its_labels():
    out = sums(labels("county"))
    assert out.attrs["keys"] == {"unit": "county"}
    assert "keys" not in sums(grid([[1, 1]], "1")).attrs


def test_tables_labels_and_outlines_of_two_kinds_of_place_are_refused_together():
    county = sums(labels("county"))
    assert shares(labels("county"), county, outlines("county")) is not None
    with pytest.raises(
        QuantityError, match=r"sums\.unit: names county, but labels is by prefecture"
    ):
        shares(labels("prefecture"), county, outlines("prefecture"))
    with pytest.raises(QuantityError, match="places: names county, but labels is by prefecture"):
        shares(labels("prefecture"), sums(labels("prefecture")), outlines("county"))


def test_outlines_and_labels_of_another_kind_are_refused_at_the_door():
    with pytest.raises(QuantityError, match="counties: is by prefecture, expected county"):
        admit("counties", outlines("prefecture"), Features({"*": ANY}, Key("county")))
    with pytest.raises(QuantityError, match="cells: is by prefecture, expected county"):
        admit("cells", labels("prefecture"), Grid("1", Key("county")))


@assessment(source="horn1981")
def heads(
    people: Annotated[pd.DataFrame, PEOPLE],
) -> Annotated[pd.DataFrame, Table({"code": Key("county"), "population": "km2"})]:
    """Not people."""
    return people


def test_a_plan_refuses_a_table_that_lacks_a_column_or_has_it_in_another_dimension():
    known = Source("people", PEOPLE, "", {}, dict, lambda c: None, sources)
    other = Source(
        "people",
        Table({"code": Key("county"), "year": "yr"}),
        "",
        {},
        dict,
        lambda c: None,
        sources,
    )
    assert Plan.of(step(heads), sources=[known]).steps
    with pytest.raises(
        PlanError,
        match=r"heads\.people: takes a table with population, but 'people' has code, year",
    ):
        Plan.of(step(heads), sources=[other])
    again = step(heads, name="again", binds={"people": "heads"})
    with pytest.raises(PlanError, match=r"again\.people"):
        Plan.of(step(heads), again, sources=[known])
