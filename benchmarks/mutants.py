"""Places of a module where a small fault can be put, and a draw of such faults."""

import difflib
import random
from dataclasses import dataclass, field

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.provider import OperatorProvider

FAMILIES = (
    ("Binary", {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}),
    ("Binary", {"BitOr", "BitAnd", "BitXor"}),
    ("Comparison", {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"}),
    ("Comparison", {"Is", "IsNot"}),
)
PLAIN = """
AddNot ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd ReplaceBreakWithContinue
ReplaceContinueWithBreak ExceptionReplacer NumberReplacer ZeroIterationForLoop ReplaceUnaryOperator_Delete_Not
ReplaceUnaryOperator_Delete_USub ReplaceUnaryOperator_Delete_Invert ReplaceUnaryOperator_USub_UAdd
"""
ARITHMETIC = {"arith_expr", "term", "power", "expr", "and_expr", "xor_expr"}
SPARED_ARGUMENTS = {"strict", "copy", "stacklevel"}
TELLERS = ("warnings.warn(", "warn(", "log.", "logger.", "logging.")


@dataclass
class Place:
    """A spot of the source and the changes that can be made there."""

    line: int
    lines: range
    cached: bool
    changes: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Mutant:
    """One change and what came of it."""

    module: str
    file: str
    line: int
    operator: str
    diff: str
    outcome: str = ""
    by: str = ""
    tests: int = 0
    seconds: float = 0.0


def operators():
    """Operators by name: those whose result still is a number or a truth value."""
    provider = OperatorProvider()
    names = [name for name in PLAIN.split() if name in set(provider)]
    for kind, family in FAMILIES:
        prefix = f"Replace{kind}Operator_"
        for name in provider:
            first, _, second = name.removeprefix(prefix).partition("_")
            if name.startswith(prefix) and first in family and second in family:
                names.append(name)
    return {name: provider[name]() for name in names}


def ancestors(node):
    while node.parent is not None:
        yield node, node.parent
        node = node.parent


def spared(node):
    """Whether the node decides no number: what is told, typed, imported or declared."""
    for child, parent in ancestors(node):
        kind = parent.type
        if kind in ("raise_stmt", "assert_stmt", "import_name", "import_from"):
            return True
        if kind == "annassign" and child is parent.children[1]:
            return True
        if kind == "tfpdef" and child is not parent.children[0]:
            return True
        if kind == "funcdef" and child is parent.annotation:
            return True
        if kind == "decorator" and not _is_halo(node):
            return True
        if kind == "argument" and parent.children[0].get_code().strip() in SPARED_ARGUMENTS:
            return True
        if kind == "expr_stmt" and _is_alias(parent):
            return True
        if kind == "simple_stmt" and parent.get_code().strip().startswith(TELLERS):
            return True
        if kind == "if_stmt" and "TYPE_CHECKING" in parent.children[1].get_code():
            return True
    return False


def _is_halo(node):
    return any(
        parent.type == "argument" and parent.children[0].get_code().strip() == "halo"
        for _, parent in ancestors(node)
    )


def _is_alias(statement):
    """A type alias or ``__all__`` at the top of a module."""
    name = statement.children[0].get_code().strip()
    top = statement.parent.parent is None or statement.parent.parent.type == "file_input"
    return top and (name == "__all__" or (name[:1].isupper() and not name.isupper()))


def _binary(node):
    return getattr(node, "parent", None) is not None and node.parent.type in ARITHMETIC


def _of_words(node):
    """Whether a comparison is with a text, which can only be equal or not."""
    return node.type == "comparison" and any(child.type == "string" for child in node.children)


def _possible(name, node):
    if name.startswith("ReplaceBinary") and not _binary(node):
        return False
    words = name.startswith("ReplaceComparison") and _of_words(node)
    return not spared(node) and (not words or name.endswith(("_Eq_NotEq", "_NotEq_Eq")))


def _statement_lines(node):
    """Lines of the innermost statement, or of the head of the compound statement, that holds the node."""
    if node.type in ("if_stmt", "while_stmt", "for_stmt"):
        return range(node.start_pos[0], node.children[1].end_pos[0] + 1)
    heads = ("if_stmt", "while_stmt", "for_stmt", "with_stmt", "try_stmt", "funcdef", "classdef")
    for child, parent in ancestors(node):
        if parent.type in heads or parent.type in ("suite", "file_input"):
            return range(child.start_pos[0], child.end_pos[0] + 1)
    return range(node.start_pos[0], node.end_pos[0] + 1)


def _in_cached(node):
    return any(
        parent.type == "decorated" and "cache" in parent.children[0].get_code()
        for _, parent in ancestors(node)
    )


def places(source):
    """Every place of a source text that can be changed, in order."""
    nodes = list(ast_nodes(parso.parse(source)))
    found = {}
    for name, operator in operators().items():
        occurrence = 0
        for node in nodes:
            for start, end in operator.mutation_positions(node):
                if _possible(name, node):
                    place = found.setdefault(
                        (start, end), Place(start[0], _statement_lines(node), _in_cached(node))
                    )
                    place.changes.append((name, occurrence))
                occurrence += 1
    return [found[key] for key in sorted(found)]


def _changed(source, operator, occurrence):
    """Return the mutated text, or None where it does not compile."""
    text = mutate_code(source, operator, occurrence)
    if text is None or text == source:
        return None
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return text


def mutants(name, path, source, count, seed, root):
    """Draw ``count`` places of a module and one change at each: (mutant, place, text)."""
    known = operators()
    rng = random.Random(f"{seed}:{name}")  # noqa: S311 - a draw, not a secret
    spots = places(source)
    rng.shuffle(spots)
    out = []
    for place in spots:
        if len(out) == count:
            break
        operator, occurrence = rng.choice(place.changes)
        text = _changed(source, known[operator], occurrence)
        if text is None:
            continue
        rows = difflib.unified_diff(source.splitlines(), text.splitlines(), lineterm="", n=0)
        diff = "\n".join(row for row in rows if row[:3] not in ("---", "+++") and row[:2] != "@@")
        file = str(path.relative_to(root))
        out.append((Mutant(name, file, place.line, operator, diff), place, text))
    return sorted(out, key=lambda one: one[0].line)


def shares(sizes, sample):
    """How many of the sample each module gets: by size, at least one each."""
    total = sum(sizes.values())
    if sample == 0 or total <= sample:
        return dict(sizes)
    return {m: min(n, max(1, round(sample * n / total))) if n else 0 for m, n in sizes.items()}
