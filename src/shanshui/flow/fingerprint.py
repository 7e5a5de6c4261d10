"""Digest of a function and of all code of ours that it can reach.

Comments, docstrings, layout and annotations do not count; constants, defaults, decorators, compiler flags and shipped
tables do. What cannot be followed is refused, never left out.
"""

import ast
import functools
import hashlib
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from shanshui.core.errors import PlanError
from shanshui.core.shipped import shipped_text
from shanshui.flow.canon import Canon, digest_of
from shanshui.flow.names import Scope, cells, foreign_name, inner, local_imports, methods
from shanshui.flow.source import Source, global_names, names_in, parts_of, source_of

_BLIND = {"eval", "exec", "globals", "__import__"}
_UNSEEN = {"shanshui.collect", "shanshui.store", "shanshui.study", "shanshui.core.shipped"}
"""What reads the files of users, whose digests stand in the recipe by themselves, and the one reader of shipped tables."""
_READS = {"open", "read_text", "read_bytes", "__file__"}


@functools.cache
def package_digest() -> str:
    """Digest of every file of the package, code and tables: unchanged means every code digest is unchanged."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(root)).encode() + b"\x00")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@functools.cache
def code_digest(fn: Callable[..., Any]) -> str:
    """Digest a function and all code that it can reach in the package and in the function's own.

    Parameters
    ----------
    fn : callable
        A function, lambda, method, class, partial or compiled kernel.

    Returns
    -------
    str
        The same in every process; another where the code, a constant, a default, a flag or a shipped table differs.

    Raises
    ------
    PlanError
        Something is reached whose value cannot be told: a constant of an unknown type, a shipped table whose name is
        worked out, a function without source.
    """
    asked = fn
    while (below := getattr(asked, "func", None) or inner(asked)) is not None:
        asked = below
    home = str(getattr(asked, "__module__", "")).partition(".")[0]
    first = _Look(f"{getattr(asked, '__qualname__', asked)}", home)
    found = {("", first.text(fn))}
    stack = first.callees
    while stack:
        key, text, callees = _look(stack.pop(), home)
        if (key, text) not in found:
            found.add((key, text))
            stack.extend(callees)
    return digest_of(sorted(found))


@functools.cache
def _look(thing: Any, home: str) -> tuple[str, str, list[Any]]:
    """Name, digest and callees of one function or class."""
    key = f"{thing.__module__}.{thing.__qualname__}"
    look = _Look(key, home)
    if inspect.isclass(thing):
        look.of_class(thing)
    else:
        look.of_function(thing)
    return key, digest_of(look.parts), look.callees


class _Look:
    """What one function or class consists of, and what it leads to."""

    def __init__(self, where: str, home: str, within: tuple[Any, ...] = ()) -> None:
        self.where, self.home, self.within = where, home, within
        self.parts: dict[str, str] = {}
        self.callees: list[Any] = []

    def _ours(self, thing: Any) -> bool:
        name: Any = None
        if isinstance(thing, types.ModuleType):
            name = thing.__name__
        elif inspect.isfunction(thing):
            # a wrapper bears the module of what it wraps, but is not of it
            name = thing.__globals__.get("__name__")
        else:
            name = thing.__module__
        return str(name).partition(".")[0] in {"shanshui", self.home}

    # values

    def text(self, value: Any, name: str = "") -> str:
        """Text of a value; functions and classes of ours in it become callees."""
        where = f"{self.where}: {name}" if name else self.where
        homes = frozenset({"shanshui", self.home})
        return Canon(where, self._named, ordered=True, homes=homes).text(value)

    def _named(self, value: Any) -> str | None:
        if isinstance(value, types.ModuleType):
            if self._ours(value):
                raise PlanError(
                    f"{self.where}: module {value.__name__} is handed on, so that what is asked of it cannot be "
                    "told; hand on the function"
                )
            return f"module {value.__name__}"
        below = getattr(getattr(value, "card", None), "fn", None)
        if inspect.isfunction(value) and callable(below):
            # the check at the door stands in every recipe: what it guards is what counts here
            return self._named(below)
        if not (inspect.isfunction(value) or inspect.isclass(value)) and inner(value) is None:
            return foreign_name(value)
        return " ".join(self._layers(value))

    def _layers(self, value: Any) -> Iterator[str]:
        """A function, and those that it wraps."""
        while value is not None:
            if value is shipped_text:
                raise PlanError(
                    f"{self.where}: shipped_text is handed on, so that the table it reads cannot be told; call it with "
                    "the name of the table written out"
                )
            named = inspect.isfunction(value) or inspect.isclass(value)
            yield self._flags(value)
            if not named or not self._ours(value):
                yield foreign_name(value) or type(value).__name__
                held = [c for c in cells(value).values() if inspect.isfunction(c)]
                yield from (self.text(c) for c in held if self._ours(c))
            elif inspect.isfunction(value) and "<" in value.__qualname__:
                yield self._local(value)
            else:
                self.callees.append(value)
                yield f"{value.__module__}.{value.__qualname__}"
            value = inner(value)

    def _local(self, fn: types.FunctionType) -> str:
        """A lambda or a function in a function: many may bear one name, so that what it is stands for it."""
        if fn in self.within:
            return f"again {self.within.index(fn)}"
        look = _Look(f"{fn.__module__}.{fn.__qualname__}", self.home, (*self.within, fn))
        look.of_function(fn)
        self.callees.extend(look.callees)
        return digest_of(look.parts)

    def _flags(self, wrapper: Any) -> str:
        """Options of a compiled or vectorised function, branches of a dispatching one."""
        found: dict[str, Any] = {}
        for holder in ("", "_dispatcher", "gufunc_builder"):
            thing = getattr(wrapper, holder, None) if holder else wrapper
            options = getattr(thing, "targetoptions", None)
            if isinstance(options, dict):
                found[f"{holder} options"] = dict(sorted(options.items()))
            if isinstance(layout := getattr(thing, "signature", None), str):
                found[f"{holder} layout"] = layout
        if isinstance(wrapper, np.vectorize):
            words = ("otypes", "signature", "excluded")
            found |= {word: getattr(wrapper, word) for word in words}
        registry = getattr(wrapper, "registry", None)
        if isinstance(registry, types.MappingProxyType):
            found["registry"] = dict(registry)
        return self.text(found) if found else ""

    # functions and classes

    def of_function(self, fn: types.FunctionType) -> None:
        """Take in a function."""
        source = source_of(fn)
        self.parts["source"] = source.text
        used = global_names(fn.__code__).union(*map(names_in, source.decorators))
        scope = {name: fn.__globals__[name] for name in used if name in fn.__globals__}
        scope |= cells(fn)
        scope |= local_imports(source.parts, self._ours)
        self._refuse_reading(source, fn.__globals__)
        self._names(source.parts, Scope(scope, self._ours))
        own = {k: v for k, v in vars(fn).items() if k not in {"__wrapped__", "card"}}
        if own:
            self.parts["attributes"] = self.text(own, f"an attribute of {fn.__name__}")
        self._annotated(source, fn.__globals__)
        for name, value in (("defaults", fn.__defaults__), ("keywords", fn.__kwdefaults__)):
            if value:
                self.parts[name] = self.text(value, f"a default of {fn.__name__}")

    def _refuse_reading(self, source: Source, scope: dict[str, Any]) -> None:
        """Refuse code that reads a file whose content stands in no recipe."""
        seen = not any(self.where.startswith(f"{room}.") for room in _UNSEEN)
        for node in source.parts:
            word = getattr(node, "attr", getattr(node, "id", ""))
            value = scope.get(word) if isinstance(node, ast.Name) and word != "__file__" else None
            home = str(getattr(value, "__module__", None) or getattr(value, "__name__", ""))
            reads = (word in _READS and value is None) or home.startswith(
                ("importlib.res", "pkgutil")
            )
            # where the package lies decides nothing, and would make each installation's results anew
            if word == "__file__" or (reads and seen):
                raise PlanError(
                    f"{self.where}: {word} reads a file, so that a change of it would go unseen; ship the file and read "
                    "it with shanshui.core.shipped.shipped_text, or make it an input"
                )

    def of_class(self, kind: type) -> None:
        """Take in a class: its text, its bases and methods, and what was laid on it later."""
        source = source_of(kind)
        self.parts["source"] = source.text
        module = vars(sys.modules[kind.__module__])
        outside = source.outside_functions()
        names = set[str]().union(*map(names_in, outside))
        self._names(
            parts_of(outside), Scope({n: module[n] for n in names if n in module}, self._ours)
        )
        self.callees.extend(base for base in kind.__mro__[1:] if self._ours(base))
        written = source.assigned()
        for name, value in vars(kind).items():
            found = [f for f in methods(value) if self._ours(f)]
            # others are written by dataclass and the like from the fields of the class
            if found and not any(f.__code__.co_filename.startswith("<") for f in found):
                self.parts[f"method {name}"] = self.text(value)
            if found or name.startswith(("__", "_abc_")) or inspect.isdatadescriptor(value):
                continue
            try:
                self.parts[f"attribute {name}"] = self.text(value, f"attribute {name}")
            except PlanError:
                # its text and the names in it are taken in already
                if name not in written:
                    raise

    def _annotated(self, source: Source, scope: dict[str, Any]) -> None:
        """Classes of ours that arguments are of: their methods are called."""
        for node in source.annotations:
            for name in sorted(names_in(node)):
                value = scope.get(name)
                if inspect.isclass(value) and self._ours(value):
                    self.callees.append(value)

    # names

    def _names(self, parts: list[ast.AST], scope: Scope) -> None:
        """Follow every name that is used, and what is asked of modules."""
        settled: set[ast.AST] = set()
        for node in parts:
            if isinstance(node, ast.Call):
                settled |= self._call(node, scope)
            if isinstance(node, ast.Attribute) and scope.of(node) is not None:
                settled.add(node.value)
        for node in parts:
            found = None if node in settled else scope.of(node)
            if found is not None:
                self.parts[f"name {found[0]}"] = self.text(found[1], found[0])

    def _call(self, node: ast.Call, scope: Scope) -> set[ast.AST]:
        """Follow a call whose arguments say what is reached; gives the nodes that need no other look."""
        found = scope.of(node.func)
        if found is not None and found[1] is shipped_text:
            for name in scope.texts(node, self.where):
                self.parts[f"shipped {name}"] = shipped_text(name)
            return {node.func}
        word = node.func.id if isinstance(node.func, ast.Name) and found is None else ""
        if word in _BLIND or (found is not None and found[1] is importlib.import_module):
            raise PlanError(
                f"{self.where}: {ast.unparse(node.func)}() reaches code that cannot be followed; call it by name"
            )
        base = scope.of(node.args[0]) if word in {"getattr", "vars"} and node.args else None
        if base is None or not isinstance(base[1], types.ModuleType) or not self._ours(base[1]):
            return set()
        asked = node.args[1] if len(node.args) > 1 else None
        if not isinstance(asked, ast.Constant):
            raise PlanError(
                f"{self.where}: {word}({base[0]}, …) with a name that is worked out cannot be followed; choose from a "
                "dictionary of functions"
            )
        word = str(asked.value)
        name = f"{base[0]}.{word}"
        self.parts[f"name {name}"] = self.text(getattr(base[1], word, None), name)
        return {node.args[0]}
