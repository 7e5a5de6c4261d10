"""Rules on products or columns, such as ``slope > 25 and cover_type == 'farmed'``: read once, then asked of arrays."""

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import PlanError, nearest

_COMPARES: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_SUMS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
KNOWN = "known"
"""Asks whether a product has a value at all."""
_FORM = (
    "expected comparisons of names with numbers or words, joined by and, or, not: "
    "slope > 25 and cover_type in ('farmed', 'grass')"
)


@dataclass(frozen=True)
class Truth:
    """Answer for each cell or row: whether it holds, and whether that is known.

    Attributes
    ----------
    holds : array of bool
        True where the rule is known to hold.
    known : array of bool
        False where a value is missing that decides it.
    """

    holds: NDArray[np.bool_]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class Values:
    """Numbers or words with what is known of them.

    Attributes
    ----------
    values : array
        Of cells or rows; one for a constant.
    known : array of bool
        False where missing.
    """

    values: Any
    known: NDArray[np.bool_] | np.bool_


Lookup = Callable[[str, str], Collection[int] | None]
"""Codes that a word means for a name; None where that name takes no words for codes."""


class Rule:
    """A rule as written.

    Parameters
    ----------
    text : str
        As in a study file.

    Raises
    ------
    PlanError
        It is no rule of this kind.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        try:
            tree = ast.parse(self.text, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise PlanError(f"rule '{self.text[:80]}': cannot be read; {_FORM}") from None
        self._body = tree.body
        self.names = tuple(dict.fromkeys(self._names(self._body)))
        if not self.names:
            raise PlanError(f"rule '{self.text[:80]}': names no product and no column; {_FORM}")

    def _refuse(self, node: ast.AST) -> PlanError:
        said = ast.unparse(node)
        return PlanError(f"rule '{self.text[:80]}': '{said[:60]}' is not understood; {_FORM}")

    def _names(self, node: ast.expr) -> list[str]:
        """Names in the order in which they are written; whatever is no rule is refused."""
        if isinstance(node, ast.Name | ast.Attribute):
            return [self._name(node)]
        if isinstance(node, ast.Call):
            return [self._asked(node)]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str | int | float) and not isinstance(node.value, bool):
                return []
            raise self._refuse(node)
        return [name for part in self._parts(node) for name in self._names(part)]

    def _parts(self, node: ast.expr) -> list[ast.expr]:
        if isinstance(node, ast.BoolOp):
            return node.values
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            return [node.operand]
        if isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
            return [node.left, node.right]
        if isinstance(node, ast.Tuple | ast.List) and node.elts:
            return node.elts
        if isinstance(node, ast.Compare) and all(
            type(op) in _COMPARES or isinstance(op, ast.In | ast.NotIn) for op in node.ops
        ):
            self._refuse_order_of_words(node)
            return [node.left, *node.comparators]
        raise self._refuse(node)

    def _refuse_order_of_words(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for op, *pair in zip(node.ops, sides, sides[1:], strict=False):
            for side in pair:
                word = side.value if isinstance(side, ast.Constant) else None
                if isinstance(word, str) and not isinstance(op, ast.Eq | ast.NotEq):
                    raise PlanError(
                        f"rule '{self.text[:80]}': '{word}' is a word, and words have no order; compare it by == or in"
                    )

    def _name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            return f"{self._name(node.value)}.{node.attr}"
        raise self._refuse(node)

    def _asked(self, node: ast.Call) -> str:
        if isinstance(node.func, ast.Name) and node.func.id == KNOWN and len(node.args) == 1:
            return self._name(node.args[0])
        raise self._refuse(node)

    def truth(self, values: Mapping[str, Values], codes: Lookup = lambda name, word: None) -> Truth:
        """Ask the rule.

        Parameters
        ----------
        values : mapping of name to Values
            Of the products or columns that it names, of one shape.
        codes : callable
            Codes that a word means for a name.

        Returns
        -------
        Truth
            By Kleene's logic of three values: unknown only where a missing value decides.

        Raises
        ------
        PlanError
            A name that is not there, a word where a number must be.
        """
        for name in self.names:
            if name not in values:
                raise PlanError(f"rule '{self.text[:80]}': no '{name}'; {nearest(name, values)}")
        return _Asked(self, values, codes).truth(self._body)


@dataclass(frozen=True)
class _Asked:
    rule: Rule
    values: Mapping[str, Values]
    codes: Lookup

    def truth(self, node: ast.expr) -> Truth:
        if isinstance(node, ast.BoolOp):
            parts = [self.truth(part) for part in node.values]
            join = _and if isinstance(node.op, ast.And) else _or
            out = parts[0]
            for part in parts[1:]:
                out = join(out, part)
            return out
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return _not(self.truth(node.operand))
        if isinstance(node, ast.Call):
            known = np.asarray(self.values[self.rule._asked(node)].known)
            return Truth(known, np.ones_like(known))
        if isinstance(node, ast.Compare):
            return self._compared(node)
        raise self.rule._refuse(node)

    def _compared(self, node: ast.Compare) -> Truth:
        sides = [node.left, *node.comparators]
        out: Truth | None = None
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(op, ast.In | ast.NotIn):
                found = self._among(left, right)
                found = _not(found) if isinstance(op, ast.NotIn) else found
            elif type(op) in (ast.Eq, ast.NotEq) and (pair := self._word(left, right)):
                found = self._is(*pair)
                found = _not(found) if isinstance(op, ast.NotEq) else found
            else:
                found = self._ordered(op, left, right)
            out = found if out is None else _and(out, found)
        if out is None:
            raise self.rule._refuse(node)
        return out

    def _word(self, left: ast.expr, right: ast.expr) -> tuple[ast.expr, str] | None:
        for one, other in ((left, right), (right, left)):
            if isinstance(other, ast.Constant) and isinstance(other.value, str):
                return one, other.value
        return None

    def _is(self, node: ast.expr, word: str) -> Truth:
        """Equal to a word: of a column of words, or of a grid whose codes have words."""
        found = self._number(node)
        name = self.rule._name(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        codes = self.codes(name, word) if name else None
        if codes is not None:
            return _told(np.isin(found.values, list(codes)), found.known)
        if np.asarray(found.values).dtype.kind not in "OUST":
            raise PlanError(
                f"rule '{self.rule.text[:80]}': '{name or ast.unparse(node)}' holds numbers, but is compared with '{word}'; give a number"
            )
        return _told(np.asarray(found.values) == word, found.known)

    def _among(self, left: ast.expr, right: ast.expr) -> Truth:
        if not isinstance(right, ast.Tuple | ast.List):
            raise self.rule._refuse(right)
        out: Truth | None = None
        for one in right.elts:
            word = one.value if isinstance(one, ast.Constant) else None
            found = (
                self._is(left, word)
                if isinstance(word, str)
                else self._ordered(ast.Eq(), left, one)
            )
            out = found if out is None else _or(out, found)
        if out is None:
            raise self.rule._refuse(right)
        return out

    def _ordered(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Truth:
        one, other = self._number(left), self._number(right)
        for side, node in ((one, left), (other, right)):
            if np.asarray(side.values).dtype.kind in "OUST":
                raise PlanError(
                    f"rule '{self.rule.text[:80]}': '{ast.unparse(node)}' holds words; compare them by == or in with words in quotes, also "
                    "where they are written in digits"
                )
        with np.errstate(invalid="ignore"):
            holds = _COMPARES[type(op)](one.values, other.values)
        return _told(holds, np.logical_and(one.known, other.known))

    def _number(self, node: ast.expr) -> Values:
        if isinstance(node, ast.Name | ast.Attribute):
            return self.values[self.rule._name(node)]
        if isinstance(node, ast.Constant):
            return Values(np.float64(node.value), np.True_)  # type: ignore[arg-type]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            part = self._number(node.operand)
            return Values(-np.asarray(part.values, np.float64), part.known)
        if isinstance(node, ast.BinOp):
            one, other = self._number(node.left), self._number(node.right)
            with np.errstate(invalid="ignore", divide="ignore"):
                value = _SUMS[type(node.op)](
                    np.asarray(one.values, np.float64), np.asarray(other.values, np.float64)
                )
            return Values(value, np.logical_and(one.known, other.known) & np.isfinite(value))
        raise self.rule._refuse(node)


def _told(holds: Any, known: Any) -> Truth:
    held, told = np.broadcast_arrays(np.asarray(holds, bool), np.asarray(known, bool))
    return Truth(held & told, told.copy())


def _and(a: Truth, b: Truth) -> Truth:
    known = (a.known & b.known) | (a.known & ~a.holds) | (b.known & ~b.holds)
    return Truth(a.holds & b.holds, known)


def _or(a: Truth, b: Truth) -> Truth:
    holds = a.holds | b.holds
    return Truth(holds, (a.known & b.known) | holds)


def _not(a: Truth) -> Truth:
    return Truth(a.known & ~a.holds, a.known)
