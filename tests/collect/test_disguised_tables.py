"""A true table in any disguise is read as it is, or refused in one line; never is another one read."""

import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.collect.disguises import disguised, truth

from shanshui.collect.adapt import coefficients_input, table_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.peek import glance
from shanshui.core.errors import DataError, ShanshuiError
from shanshui.queries.judging import weigh

CASES = 320


def read(path, **declared):
    frame = table_input(
        path, InputSpec(file=str(path), **declared), INPUTS["population"], "population"
    )
    return {(row.code, row.year): row.population for row in frame.itertuples()}


def test_disguises_are_seen_through(tmp_path):
    refused = []
    for seed in range(CASES):
        ending, raw, declared, people = disguised(seed)
        path = tmp_path / f"t{ending}"
        path.write_bytes(raw)
        try:
            found = read(path, **declared)
        except DataError as error:
            refused.append((seed, str(error)))
            continue
        assert found == people, f"seed {seed}{ending}: another table is read in silence"
    assert not [text for _, text in refused if "\n" in text]
    # a refusal is honest, but none of these needs one
    assert len(refused) <= CASES // 50, refused


def test_the_truth_differs_from_seed_to_seed():
    assert len({str(truth(random.Random(k))) for k in range(20)}) == 20  # noqa: S311


FACES = st.sampled_from(
    ["1", "2020", "610902", "人口", "code", "year", "population", "-", "—", "51%", "1,234", "2,5", "注：x", "合计", "３", "1e400", "nan", "inf",
     "", " ", '"', "=1+1", "2020年", "万", "1万", "(万人)", "单位：万人", "\x00", "\ufeff", "1/3", "名称"]
)  # fmt: skip
TABLES = st.lists(st.lists(FACES, min_size=1, max_size=5), min_size=1, max_size=6)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    TABLES, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "gb18030", "utf-16"])
)
@example([["code", "year", "population"], ["1", "2020", "1e400"]], ",", "utf-8")
@example([["code", "year", "population"], ["1", "2020", "inf"]], ",", "utf-8")
def test_whatever_stands_in_the_cells_no_foreign_exception_comes(tmp_path, rows, mark, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join(mark.join(r) for r in rows).encode(encoding))
    _tried(path)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=120), st.sampled_from([".csv", ".xlsx", ".xls", ".ods", ".parquet", ".txt"])
)
@example(b"PK\x03\x04" + b"\0" * 60, ".xlsx")
@example(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls")
@example(b"PAR1" + b"\0" * 40 + b"PAR1", ".parquet")
def test_whatever_the_bytes_no_foreign_exception_comes(tmp_path, raw, ending):
    path = tmp_path / f"t{ending}"
    path.write_bytes(raw)
    _tried(path)


@pytest.mark.parametrize("seed", [3, 11, 17, 29, 31])
def test_a_workbook_with_broken_bytes_is_read_or_refused(tmp_path, seed):
    rng = random.Random(seed)  # noqa: S311
    raw = next(r for s in range(200) for e, r, _, _ in [disguised(s)] if e == ".xlsx")
    for _ in range(12):
        broken = bytearray(raw)
        for _ in range(rng.randint(1, 6)):
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        path = tmp_path / "t.xlsx"
        path.write_bytes(bytes(broken[: rng.choice([len(broken), rng.randrange(len(broken))])]))
        _tried(path)


def _tried(path):
    for reader in (
        read,
        lambda p: coefficients_input(p, InputSpec(file=str(p)), "biophysical"),
        glance,
        lambda p: weigh(p, ""),
    ):
        said = ""
        try:
            reader(path)
        except ShanshuiError as error:
            # any other exception fails the test
            said = str(error)
        assert "\n" not in said
