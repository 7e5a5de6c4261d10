"""Digest of a function and of all code of ours that it can reach.

Comments, docstrings and layout do not count; constants, decorators and compiler flags do.
"""

import ast
import functools
import hashlib
import inspect
import json
import sys
import textwrap
import threading
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

_PACKAGE = "shanshui"
_PARSING = threading.Lock()
"""Python 3.11 counts the depth of a tree once for all threads: two that parse at once fail with a SystemError."""


def digest_of(*parts: Any) -> str:
    """Digest of texts and of JSON-like values, in order."""
    text = json.dumps(parts, sort_keys=True, default=repr, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def package_digest() -> str:
    """Digest of every source file of the package: unchanged means every code digest is unchanged."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@functools.cache
def code_digest(fn: Callable[..., Any]) -> str:
    """Digest a function and all code of the package that it can reach."""
    seen: dict[str, str] = {}
    stack = [fn]
    while stack:
        key, text, constants, callees = _look(_plain(stack.pop()))
        if key not in seen:
            seen[key] = text
            seen.update(constants)
            stack.extend(callees)
    return digest_of(sorted(seen.items()))


def _plain(fn: Any) -> Any:
    """Look through wraps() and numba's dispatcher."""
    while True:
        if hasattr(fn, "py_func"):
            fn = fn.py_func
        elif hasattr(fn, "__wrapped__"):
            fn = fn.__wrapped__
        else:
            return fn


def _ours(thing: Any) -> bool:
    module = getattr(thing, "__module__", None) or ""
    return module == _PACKAGE or module.startswith(_PACKAGE + ".")


@functools.cache
def _look(plain: Any) -> tuple[str, str, dict[str, str], list[Any]]:
    """Name, normalised source, constants and callees of one function or class."""
    with _PARSING:
        tree = ast.parse(textwrap.dedent(inspect.getsource(plain)))
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
            # what @assessment declares of memory and citation does not change a number
            node.decorator_list = [
                d for d in node.decorator_list if "assessment" not in ast.unparse(d)
            ]
    scope = dict(vars(inspect.getmodule(plain) or types.ModuleType("none")))
    if not inspect.isclass(plain):
        scope.update(_closure(plain))
    for name in _parameters(tree):
        scope.pop(name, None)
    constants: dict[str, str] = {}
    callees: list[Any] = []

    def reach(key: str, thing: Any) -> None:
        if isinstance(thing, types.ModuleType) or thing is None:
            return
        other = _plain(thing)
        if inspect.isfunction(other) or inspect.isclass(other):
            if _ours(other):
                callees.append(other)
        elif (value := _constant(thing)) is not None:
            constants[key] = value

    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            base = scope.get(node.value.id)
            if isinstance(base, types.ModuleType) and base.__name__.startswith(_PACKAGE):
                reach(f"{base.__name__}.{node.attr}", getattr(base, node.attr, None))
        elif isinstance(node, ast.Name) and node.id in scope:
            reach(f"{plain.__module__}.{node.id}", scope[node.id])
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_PACKAGE):
            # imported where it is used, to start fast: still part of the code
            module = __import__(str(node.module), fromlist=["_"])
            for alias in node.names:
                reach(f"{node.module}.{alias.name}", getattr(module, alias.name, None))
    return f"{plain.__module__}.{plain.__qualname__}", ast.unparse(tree), constants, callees


def _parameters(tree: ast.Module) -> set[str]:
    """Names of a function's own parameters: one called after a product is not the function that makes it."""
    top = tree.body[0]
    if not isinstance(top, ast.FunctionDef):
        return set()
    every = [*top.args.posonlyargs, *top.args.args, *top.args.kwonlyargs]
    return {arg.arg for arg in every}


def _closure(fn: Any) -> dict[str, Any]:
    try:
        return dict(inspect.getclosurevars(fn).nonlocals)
    except (TypeError, ValueError):
        return {}


def _constant(thing: Any) -> str | None:
    if isinstance(thing, str | int | float | bool | bytes):
        return repr(thing)
    if isinstance(thing, tuple | list | set | frozenset):
        parts = [_constant(item) for item in thing]
        return repr(sorted(map(str, parts)) if isinstance(thing, set | frozenset) else parts)
    if isinstance(thing, dict):
        return repr([(str(k), _constant(v)) for k, v in thing.items()])
    if isinstance(thing, np.ndarray):
        return f"{thing.dtype}{thing.shape}{hashlib.sha256(thing.tobytes()).hexdigest()}"
    if is_dataclass(thing) and not isinstance(thing, type) and _ours(type(thing)):
        return repr([(f.name, _constant(getattr(thing, f.name))) for f in fields(thing)])
    return None
