"""Input-output tables as sheets give them."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import DataError, QuantityError
from shanshui.industry.io_table import read_table


def sheet(**more):
    """Two sectors that use and sell, with value added below."""
    return pd.DataFrame(
        {
            "code": ["1", "2", "VA"],
            "name": ["farms", "works", "added"],
            "1": [20.0, 30.0, 50.0],
            "2": [40.0, 60.0, 100.0],
            **more,
        }
    )


PLAIN = sheet(FU=[40.0, 110.0, None], GO=[100.0, 200.0, None])


def test_the_parts_of_a_sheet():
    table = read_table(PLAIN)
    assert (table.codes, table.names) == (("1", "2"), ("farms", "works"))
    np.testing.assert_array_equal(table.flows, [[20, 40], [30, 60]])
    assert table.final.columns.tolist() == ["FU"]
    np.testing.assert_array_equal(table.final["FU"], [40, 110])
    np.testing.assert_array_equal(table.output, [100, 200])
    np.testing.assert_array_equal(table.added, [50, 100])
    np.testing.assert_array_equal(table.demand, [40, 110])
    assert not table.competitive
    assert table.history == ()


def test_the_balance_of_each_sector():
    off = PLAIN.assign(FU=[43.0, 110.0, None])
    off.loc[2, "2"] = 96.0
    found = read_table(off).balance()
    assert found[["code", "name", "output"]].to_numpy().tolist() == [["1", "farms", 100.0], ["2", "works", 200.0]]  # fmt: skip
    assert found["row_gap"].tolist() == [3.0, 0.0]
    assert found["column_gap"].tolist() == [0.0, -4.0]
    assert found["share"].tolist() == pytest.approx([0.03, 0.02])
    with pytest.raises(DataError, match="2 of 2 sectors do not balance; the worst is 1 farms: its row is off by 3 at an output of 100"):  # fmt: skip
        read_table(off).checked()
    assert read_table(off).checked(0.03).output.tolist() == [100.0, 200.0]
    with pytest.raises(DataError, match="1 of 2 sectors"):
        read_table(off).checked(0.02)


def test_a_sector_without_output_that_is_used_does_not_balance():
    none = PLAIN.assign(GO=[100.0, 0.0, None])
    assert read_table(none).balance()["share"].tolist()[1] == np.inf


def test_output_is_use_where_there_is_none():
    table = read_table(PLAIN.drop(columns="GO"))
    np.testing.assert_array_equal(table.output, [100, 200])
    assert table.history == ("output is total use: the table has none",)
    taken = read_table(sheet(FU=[50.0, 110.0, None], IM=[10.0, 0.0, None]))
    np.testing.assert_array_equal(taken.output, [100, 200])
    np.testing.assert_array_equal(taken.import_total, [10, 0])
    assert taken.competitive


def test_what_a_table_calls_error_is_kept_apart():
    table = read_table(sheet(FU=[39.0, 110.0, None], ERR=[1.0, 0.0, None], GO=[100.0, 200.0, None]))
    np.testing.assert_array_equal(table.discrepancy, [1, 0])
    np.testing.assert_array_equal(table.demand, [40, 110])
    assert "ERR" not in table.final
    table.checked(0.0)


def test_value_added_that_is_not_there_is_what_inputs_leave():
    table = read_table(PLAIN.iloc[:2])
    np.testing.assert_array_equal(table.added, [50, 100])
    assert table.balance()["column_gap"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("label", ["TVA", "合计", "Total value added", "total_input", "TI"])
def test_totals_below_are_no_value_added(label):
    total = pd.DataFrame({"code": [label], "name": [""], "1": [50.0], "2": [100.0]})
    table = read_table(pd.concat([PLAIN, total], ignore_index=True))
    assert list(table.value_added.index) == ["VA"]


@pytest.mark.parametrize(
    ("head", "output"), [("GO", True), ("Total Output", True), ("总产出", True), ("x", True), ("others", False)]
)  # fmt: skip
def test_output_by_its_names(head, output):
    table = read_table(PLAIN.rename(columns={"GO": head}))
    assert (head not in table.final) is output


def test_codes_agree_whatever_their_zeros():
    padded = PLAIN.assign(code=["001", "002", "VA"]).rename(columns={"1": "01", "2": "02"})
    assert read_table(padded).codes == ("001", "002")


def test_a_column_of_numbers_may_be_the_labels():
    bare = PLAIN.iloc[:2].drop(columns="name").assign(code=[1, 2]).rename(columns={"code": "部门"})
    table = read_table(bare)
    assert table.codes == table.names == ("1", "2")
    np.testing.assert_array_equal(table.flows, [[20, 40], [30, 60]])


def test_cells_that_are_no_numbers_are_named():
    broken = PLAIN.astype(object)
    broken.loc[1, "1"] = "many"
    with pytest.raises(DataError, match="row 3, column 1 holds 'many'"):
        read_table(broken)
    blank = PLAIN.astype(object)
    blank.loc[1, "1"] = " "
    assert read_table(blank).flows[1, 0] == 0.0


def test_home_and_imported_rows_are_parted_whole():
    rows = pd.DataFrame(
        {
            "code": ["1", "2", "1", "2", "VA"], "origin": ["domestic", "D", "import", "import", ""],
            "1": [20.0, 30.0, 5.0, 0.0, 45.0], "2": [40.0, 60.0, 0.0, 10.0, 90.0], "FU": [40.0, 110.0, 2.0, 3.0, None],
            "GO": [100.0, 200.0, None, None, None],
        }
    )  # fmt: skip
    table = read_table(rows).checked(0.0)
    np.testing.assert_array_equal(table.imported, [[5, 0], [0, 10]])
    np.testing.assert_array_equal(table.flows, [[20, 40], [30, 60]])
    assert not table.competitive
    assert table.history[0] == "home and imported flows parted"
    np.testing.assert_array_equal(table.added, [45, 90])
    with pytest.raises(DataError, match="1 home rows for 2 sectors in column origin"):
        read_table(rows.assign(origin=["domestic", "import", "import", "import", ""]))


def test_sectors_brought_together():
    joined = read_table(PLAIN).aggregated(["all", "all"])
    np.testing.assert_array_equal(joined.flows, [[150]])
    np.testing.assert_array_equal(joined.output, [300])
    assert joined.codes == joined.names == ("all",)
    assert joined.final.loc["all", "FU"] == 150
    assert joined.value_added.loc["VA", "all"] == 150
    assert joined.history == ("2 sectors brought together to 1",)
    turned = read_table(PLAIN).aggregated({"1": "z", "2": "a"})
    assert turned.codes == ("z", "a")
    for groups in (["all"], ["all", ""], {"1": "x"}, ["a", "b", "c"]):
        with pytest.raises(QuantityError, match="no group for sectors"):
            read_table(PLAIN).aggregated(groups)


@pytest.mark.parametrize("sectors", [0, 5, 4])
def test_a_number_of_sectors_that_cannot_be(sectors):
    with pytest.raises(DataError, match=f"--sectors {sectors}: the table has 3 rows and 4 columns"):
        read_table(PLAIN, sectors)
