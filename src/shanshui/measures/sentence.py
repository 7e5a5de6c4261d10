"""A measure as planners write it: ``land_cover = 5 in plan.gpkg where slope > 25``."""

import re
from dataclasses import dataclass

from shanshui.core.errors import PlanError
from shanshui.measures.rule import Rule

FORM = (
    "expected PRODUCT = VALUE, PRODUCT * NUMBER, PRODUCT + NUMBER, PRODUCT - NUMBER, PRODUCT drop, each with [in FILE] [where RULE], "
    "or PRODUCT add FILE; of a table TABLE.COLUMN = VALUE"
)
_WORD = r"'[^']*'|\"[^\"]*\"|[^\s'\"]+"
_HEAD = re.compile(
    r"^\s*(?P<product>\w+(?:\.\w+)*)\s*(?P<action>=|\*|/|\+|-|\badd\b|\bdrop\b)\s*(?P<rest>.*)$",
    re.S,
)
_REST = re.compile(rf"^(?P<value>{_WORD})?(?:\s*\bin\s+(?P<file>{_WORD}))?\s*$", re.S)
_WHERE = re.compile(r"(?:^|\s)where\s", re.S)


@dataclass(frozen=True)
class Measure:
    """What is done to a product.

    Attributes
    ----------
    text : str
        As written.
    product : str
        Product, or product and column.
    action : str
        ``=``, ``*``, ``+``, ``add`` or ``drop``; division and subtraction are told as these.
    value : str
        Number or word; blank for ``drop``.
    file : str
        Shapes within which it applies, or what is added; blank for none.
    rule : Rule or None
        Where it applies.
    """

    text: str
    product: str
    action: str
    value: str
    file: str
    rule: Rule | None

    @property
    def number(self) -> float:
        """Value as a number.

        Raises
        ------
        PlanError
            It is none.
        """
        try:
            return float(self.value)
        except ValueError:
            raise PlanError(f"measure '{self.text}': '{self.value}' is no number; {FORM}") from None


def measure(text: str) -> Measure:
    """Read a measure.

    Parameters
    ----------
    text : str
        As written.

    Returns
    -------
    Measure
        In its parts.

    Raises
    ------
    PlanError
        It is not of that form.
    """
    head = _HEAD.match(text)
    if head is None:
        raise PlanError(f"measure '{text}': cannot be read; {FORM}")
    rest, action = head["rest"], head["action"]
    cut = _WHERE.search(_blanked(rest))
    rule = Rule(rest[cut.end() :]) if cut else None
    body = _REST.match(rest[: cut.start()] if cut else rest)
    if body is None or (rule is not None and action == "add"):
        raise PlanError(f"measure '{text}': cannot be read; {FORM}")
    value, file = _plain(body["value"]), _plain(body["file"])
    if action == "add":
        value, file = "", value
    if action == "drop" and value:
        raise PlanError(f"measure '{text}': drop takes no value; {FORM}")
    if action == "drop" and rule is None and not file:
        raise PlanError(f"measure '{text}': drop what? give where RULE or in FILE")
    if (action == "add" and not file) or (action not in ("add", "drop") and not value):
        raise PlanError(f"measure '{text}': cannot be read; {FORM}")
    return _in_four_actions(Measure(text.strip(), head["product"], action, value, file, rule))


def _in_four_actions(found: Measure) -> Measure:
    """Division as multiplication, subtraction as addition."""
    if found.action not in ("*", "/", "+", "-"):
        return found
    number, action = found.number, found.action
    if action == "/":
        if number == 0.0:
            raise PlanError(f"measure '{found.text}': divides by 0; give another number")
        number, action = 1.0 / number, "*"
    elif action == "-":
        number, action = -number, "+"
    if number == (1.0 if action == "*" else 0.0):
        raise PlanError(
            f"measure '{found.text}': changes nothing; give another number, or leave it out"
        )
    return Measure(found.text, found.product, action, repr(number), found.file, found.rule)


def _blanked(text: str) -> str:
    """Text with what stands between quotes made blank, of the same length."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", lambda m: "_" * len(m[0]), text)


def _plain(word: str | None) -> str:
    return "" if word is None else word.strip("'\"") if word[:1] in "'\"" else word
