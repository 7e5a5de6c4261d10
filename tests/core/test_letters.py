"""Options of file formats are known by their names on every machine."""

import locale

import pytest

from shanshui.core.letters import plain_letters


@pytest.fixture
def machine(monkeypatch):
    """A machine with some locales, of which one is in force."""

    def having(*known, now):
        state = {"now": now}

        def setlocale(category, name=None):
            assert category == locale.LC_CTYPE
            if name is not None:
                if name not in known:
                    raise locale.Error(name)
                state["now"] = name
            return state["now"]

        monkeypatch.setattr(locale, "setlocale", setlocale)
        return state

    return having


@pytest.mark.parametrize("now", ["tr_TR.UTF-8", "az_AZ.UTF-8", "Turkish_Turkey.1254"])
def test_where_i_has_another_capital_plain_letters_are_taken(machine, now):
    state = machine("C.UTF-8", now, now=now)
    assert plain_letters() == state["now"] == "C.UTF-8"


def test_the_next_plain_locale_serves_where_the_first_is_missing(machine):
    assert machine("en_US.UTF-8", now="tr_TR.UTF-8") is not None
    assert plain_letters() == "en_US.UTF-8"


def test_without_a_plain_locale_nothing_changes(machine):
    machine(now="tr_TR.UTF-8")
    assert plain_letters() == "tr_TR.UTF-8"


@pytest.mark.parametrize("now", ["C", "zh_CN.UTF-8", "de_DE.UTF-8"])
def test_other_languages_keep_their_letters(machine, now):
    machine("C.UTF-8", now=now)
    assert plain_letters() == now


def test_capitals_here_are_those_of_formats_once_the_package_is_loaded():
    assert not locale.setlocale(locale.LC_CTYPE).startswith(("tr", "az"))
