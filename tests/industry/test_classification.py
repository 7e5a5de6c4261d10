"""The classification of the national economy: what is a code and what is none."""

import csv

import pytest

from shanshui.core.errors import QuantityError
from shanshui.core.shipped import shipped_text
from shanshui.industry.classification import (
    checked_code,
    classes,
    divisions,
    known_code,
    named_classes,
)


def rows_of(name):
    return list(csv.DictReader(shipped_text(f"industry/{name}.csv").splitlines()))


def test_it_has_as_many_groups_and_classes_as_the_standard_says():
    of_all = [c for group in classes().values() for c in group]
    assert (len(divisions()), len(classes()), len(of_all)) == (97, 473, 1380)
    assert len(set(of_all)) == len(of_all)
    assert {g[:2] for g in classes()} == set(divisions())
    assert all(c.startswith(group) for group, own in classes().items() for c in own)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("9799", "division 97 has no group 979"), ("7777", "division 77 has no group 777"), ("6592", "group 659 has no class 6592; it has 6591, 6599"),
        ("4799", "group 479 has no class 4799; it has 4790"), ("3150", "division 31 has no group 315"), ("793x", "no name that is known"),
        ("C", "'C' is too coarse: .* two to four digits$"), ("3", "too coarse: .* such as 03$"), ("C3", "too coarse"), ("", "found nothing"),
        ("3211,2740", "several; ask for one code at a time"), ("32+27", "several"), ("C3211 C2740", "several"),
    ],
)  # fmt: skip
def test_a_code_of_services_that_is_none_is_refused(code, message):
    with pytest.raises(QuantityError, match=message):
        checked_code(code)


def test_services_have_codes_and_names():
    assert checked_code("7861") == "7861"
    assert checked_code("R9030") == "9030"
    assert checked_code("旅游饭店") == checked_code("Tourist hotels") == "6110"
    assert checked_code("鱼糜制品及水产品干腌制加工") == "1362"


@pytest.mark.parametrize(
    ("table", "column"),
    [("emerging_codes", "code"), ("industry_names", "code"), ("judged_industries", "code")],
)
def test_codes_of_the_shipped_tables_are_codes(table, column):
    assert [r[column] for r in rows_of(table) if not known_code(r[column])] == []


def test_no_class_is_named_twice():
    names = [n for pair in named_classes().values() for n in pair]
    assert len(names) == len(set(names))
