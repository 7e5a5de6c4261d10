"""What the names in a piece of code stand for, and what lies below a wrapper."""

import ast
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shanshui.core.errors import PlanError

_WRAPPED = ("py_func", "__wrapped__", "wrapped", "pyfunc")
"""Where numba, functools, pydantic and numpy keep the function that they wrap."""


@dataclass(frozen=True)
class Scope:
    """Names that a piece of code reads from outside itself, with their values, and which modules are followed."""

    values: Mapping[str, Any]
    ours: Callable[[Any], bool]

    def of(self, node: ast.AST) -> tuple[str, Any] | None:
        """Name and value of a name, or of what is asked of a module of ours by name."""
        if isinstance(node, ast.Name) and node.id in self.values:
            return node.id, self.values[node.id]
        if isinstance(node, ast.Attribute):
            base = self.of(node.value)
            if base is not None and base[1] is importlib and node.attr == "import_module":
                return "importlib.import_module", importlib.import_module
            if base is not None and isinstance(base[1], types.ModuleType) and self.ours(base[1]):
                missing = object()
                value = getattr(base[1], node.attr, missing)
                return None if value is missing else (f"{base[0]}.{node.attr}", value)
        return None

    def texts(self, call: ast.Call, where: str) -> list[str]:
        """Every text that the first argument of a call can be.

        Raises
        ------
        PlanError
            It is worked out when the code runs.
        """
        node = call.args[0] if call.args else call.keywords[0].value if call.keywords else call
        found = self._possible(node)
        if not found or not all(isinstance(text, str) for text in found):
            raise PlanError(
                f"{where}: the shipped table {ast.unparse(node)} cannot be told from the code, so that a change of it "
                "would go unseen; write its name out, or choose it from a constant dictionary of the module"
            )
        return [str(text) for text in found]

    def _possible(self, node: ast.expr) -> list[Any]:
        if isinstance(node, ast.Constant):
            return [node.value]
        if isinstance(node, ast.IfExp):
            return [*self._possible(node.body), *self._possible(node.orelse)]
        if isinstance(node, ast.Subscript):
            base = self.of(node.value)
            if base is None or not isinstance(base[1], Mapping | list | tuple):
                return []
            table: Any = base[1]
            if isinstance(node.slice, ast.Constant):
                return [table[node.slice.value]]
            return list(table.values() if isinstance(table, Mapping) else table)
        found = self.of(node)
        return [] if found is None else [found[1]]


def local_imports(parts: list[ast.AST], ours: Callable[[Any], bool]) -> dict[str, Any]:
    """What is imported where it is used, to start fast: still part of the code."""
    out: dict[str, Any] = {}
    for node in parts:
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            if ours(module):
                out |= {a.asname or a.name: _asked(module, a.name) for a in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                module = importlib.import_module(alias.name)
                top = alias.name.partition(".")[0]
                if ours(module):
                    out[alias.asname or top] = (
                        module if alias.asname else importlib.import_module(top)
                    )
    return out


def _asked(module: types.ModuleType, name: str) -> Any:
    found = getattr(module, name, None)
    return importlib.import_module(f"{module.__name__}.{name}") if found is None else found


def inner(value: Any) -> Any:
    """Function below a wrapper; None for one that wraps nothing."""
    if inspect.isclass(value) or not (callable(value) or hasattr(value, "wrapped")):
        return None
    for name in _WRAPPED:
        found = getattr(value, name, None)
        if callable(found):
            return found
    for holder in ("_dispatcher", "gufunc_builder"):
        found = getattr(getattr(value, holder, None), "py_func", None)
        if callable(found) and not inspect.isfunction(value):
            return found
    return None


def cells(value: Any) -> dict[str, Any]:
    """What a function keeps of the one around it."""
    out = {}
    if inspect.isfunction(value):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            try:
                out[name] = cell.cell_contents
            except ValueError:  # not bound yet
                continue
    return out


def methods(value: Any) -> list[types.FunctionType]:
    """Functions behind an attribute of a class."""
    if isinstance(value, property):
        return [f for g in (value.fget, value.fset, value.fdel) for f in methods(g)]
    if isinstance(value, classmethod | staticmethod | types.MethodType):
        return methods(value.__func__)
    if isinstance(value, functools.cached_property):
        return methods(value.func)
    found = []
    while value is not None:
        if inspect.isfunction(value):
            found.append(value)
        value = inner(value)
    return found


def _at_home(value: Any) -> bool:
    """Is a bound method offered by its module as a function?"""
    home = sys.modules.get(str(getattr(value, "__module__", None)))
    return inspect.ismethod(value) and getattr(home, value.__name__, None) == value


def foreign_name(value: Any) -> str | None:
    """Name of a function, class or compiled thing of another package; None for anything else."""
    if isinstance(value, np.ufunc):
        return f"ufunc {value.__name__}"
    if isinstance(value, property | classmethod | staticmethod | functools.cached_property):
        return None
    if inspect.isclass(value) or inspect.isroutine(value):
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, types.ModuleType | type) or _at_home(value):
            return f"{value.__module__}.{value.__qualname__}"
        return None
    if type(value).__module__.startswith("numba.core.types"):
        return f"numba {value}"
    if type(value).__name__ == "fortran":  # routines of LAPACK
        return f"fortran {value.__name__}"
    return None
