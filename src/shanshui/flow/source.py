"""Source of functions and classes as trees, without what changes no number."""

import ast
import dis
import inspect
import linecache
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from shanshui.core.errors import PlanError
from shanshui.core.process_lock import ProcessLock

_PARSING = ProcessLock()
"""Python 3.11 counts the depth of a tree once for all threads: two that parse at once fail with a SystemError."""
_TRIES = 5
"""Parses of one text before it is given up [D]."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """What is written of a function or class.

    Attributes
    ----------
    nodes : list of trees
        Bare; one, or several where the text cannot tell which is meant (two lambdas on a line, a class of two branches).
    annotations : list of trees
        Of arguments and results.
    """

    nodes: list[ast.AST]
    annotations: list[ast.AST]

    @property
    def text(self) -> str:
        """The code without comments, docstrings, layout and annotations."""
        return "\n".join(ast.unparse(node) for node in self.nodes)

    @cached_property
    def parts(self) -> list[ast.AST]:
        """Every part of the nodes, themselves first; several look through them, and walking is what takes the time."""
        return parts_of(self.nodes)

    @property
    def decorators(self) -> list[ast.AST]:
        """What stands above a function: worked out where it is defined, not where it runs."""
        return [d for node in self.nodes for d in getattr(node, "decorator_list", [])]

    def outside_functions(self) -> list[ast.AST]:
        """Parts of a class that are worked out when it is defined."""
        return [part for node in self.nodes for part in _outside(node)]

    def assigned(self) -> set[str]:
        """Attributes that the body of a class assigns."""
        found = set()
        for node in self.nodes:
            for statement in getattr(node, "body", []):
                targets = getattr(statement, "targets", [getattr(statement, "target", None)])
                found |= {t.id for t in targets if isinstance(t, ast.Name)}
        return found


def source_of(thing: Any) -> Source:
    """Source of a function or class.

    Raises
    ------
    PlanError
        There is none.
    """
    name = f"{thing.__module__}.{thing.__qualname__}"
    try:
        text = _text_of(thing)
    except (OSError, TypeError) as error:
        raise PlanError(
            f"{name}: its source cannot be read ({error}), so that a change of it would go unseen; define it in a "
            "module of the package"
        ) from None
    module = _module(text)
    nodes = (
        _classes(module.tree, thing.__qualname__)
        if inspect.isclass(thing)
        else module.functions(thing.__code__)
    )
    if not nodes:
        raise PlanError(
            f"{name}: not found in its source; the file was edited after it was loaded: start again"
        )
    return Source(
        [_bare(n) for n in nodes],
        [a for n in nodes for a in _annotations(n)],
    )


def _text_of(thing: Any) -> str:
    """Text of the file of a function or class; ``inspect.findsource`` would parse it, beside the lock."""
    file = inspect.getsourcefile(thing)
    if file is None:
        raise OSError("no file")
    linecache.checkcache(file)
    lines = linecache.getlines(file)
    if not lines:
        raise OSError("no text")
    return "".join(lines)


def global_names(code: types.CodeType) -> set[str]:
    """Names of the module that a function and the functions in it read."""
    found = {
        str(step.argval)
        for step in dis.get_instructions(code)
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}
    }
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            found |= global_names(part)
    return found


def parts_of(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Every part of trees, each tree's from the top down, level by level: in the order of ``ast.walk``, in half its time."""
    out: list[ast.AST] = []
    for top in nodes:
        tree = [top]
        for node in tree:
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(value, ast.AST):
                    tree.append(value)
                elif isinstance(value, list):
                    tree.extend(part for part in value if isinstance(part, ast.AST))
        out += tree
    return out


def names_in(node: ast.AST) -> set[str]:
    """Every name below a node."""
    return {part.id for part in parts_of([node]) if isinstance(part, ast.Name)}


class _Module:
    """A parsed module and its functions by name and line."""

    def __init__(self, text: str) -> None:
        self.tree = _parsed(text)
        self._at: dict[tuple[str, int], list[ast.AST]] = defaultdict(list)
        for node in parts_of([self.tree]):
            if isinstance(node, ast.Lambda):
                self._at["<lambda>", node.lineno].append(node)
            elif isinstance(node, _FUNCTIONS):
                line = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                self._at[node.name, line].append(node)

    def functions(self, code: types.CodeType) -> list[ast.AST]:
        """Functions that this code can be of."""
        found = self._at.get((code.co_name, code.co_firstlineno), [])
        if len(found) > 1:
            spans = [p for p in code.co_positions() if p[2] and p[3]]
            # the last is the innermost: a lambda in a lambda lies within both
            return [n for n in found if _holds(n, spans)][-1:] or found
        return found


def _parsed(text: str) -> ast.Module:
    for _ in range(_TRIES):
        # a library may parse in another thread without our lock: nothing is wrong with the text, and the next
        # parse counts from its own depth again
        with _PARSING, suppress(SystemError):
            return ast.parse(text)
    raise PlanError(
        f"a source file could not be parsed in {_TRIES} tries, since other threads of this process parse at the same "
        "time, which Python 3.11 cannot do; run again, or let them finish first"
    )


@lru_cache(maxsize=48)
def _module(text: str) -> _Module:
    return _Module(text)


def _holds(node: Any, spans: list[Any]) -> bool:
    low, high = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return bool(spans) and all(low <= (a, c) and (b, d) <= high for a, b, c, d in spans)


def _classes(tree: ast.Module, name: str) -> list[ast.AST]:
    level: list[ast.AST] = [tree]
    for part in name.replace(".<locals>", "").split("."):
        level = [
            node
            for above in level
            for node in _inside(above)
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == part
        ]
    return level


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Statements below a node, also in branches, but not in other functions and classes."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield from _inside(child)


def _outside(node: Any) -> Iterator[ast.AST]:
    yield from (*node.bases, *node.keywords, *node.decorator_list)
    for statement in node.body:
        if isinstance(statement, _FUNCTIONS):
            yield from statement.decorator_list
        elif isinstance(statement, ast.ClassDef):
            yield from _outside(statement)
        else:
            yield statement


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    for part in parts_of([node]):
        if isinstance(part, ast.arg) and part.annotation is not None:
            yield part.annotation
        elif isinstance(part, _FUNCTIONS) and part.returns is not None:
            yield part.returns


def _bare(node: Any, in_class: bool = False) -> Any:
    """Copy a tree without docstrings, annotations of functions, and what declares an assessment: they change no number."""
    below = isinstance(node, ast.ClassDef) or (
        in_class and not isinstance(node, (*_FUNCTIONS, ast.Lambda))
    )
    out = type(node)()
    for name in node._attributes:
        if hasattr(node, name):
            setattr(out, name, getattr(node, name))
    for name, value in ast.iter_fields(node):
        kept = _kept(node, name, value, in_class)
        if isinstance(kept, list):
            kept = [_bare(part, below) if isinstance(part, ast.AST) else part for part in kept]
        elif isinstance(kept, ast.AST):
            kept = _bare(kept, below)
        setattr(out, name, kept)
    return out


def _kept(node: ast.AST, name: str, value: Any, in_class: bool) -> Any:
    """What stays of one field of a node."""
    if name == "body" and isinstance(value, list):
        return [s for s in value if not _is_words(s)] or [ast.Pass()]
    if isinstance(node, ast.arg) and name == "annotation":
        return None
    if isinstance(node, ast.AnnAssign) and name == "annotation" and not in_class:
        return ast.Constant(...)
    if isinstance(node, _FUNCTIONS) and name == "returns":
        return None
    if isinstance(node, _FUNCTIONS) and name == "decorator_list":
        # memory and citation change no number; the halo stands in the recipe itself
        return [d for d in value if not _declares(d)]
    return value


def _is_words(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _declares(node: ast.expr) -> bool:
    named = node.func if isinstance(node, ast.Call) else node
    return getattr(named, "id", getattr(named, "attr", "")) == "assessment"
