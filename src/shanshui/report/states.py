"""Whether products are what the study would make now, and whether they belong together."""

from collections.abc import Iterable

from shanshui.collect.catalog import located
from shanshui.core.errors import PlanError, ShanshuiError
from shanshui.core.process_lock import remembered
from shanshui.core.voice import Voice
from shanshui.flow.steps import Source
from shanshui.study.study import Study


class ProductStates:
    """States of a study's products at one moment.

    Parameters
    ----------
    study : Study
        Whose products are asked.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self._known: dict[str, tuple[str, dict[str, str]]] = {}

    @remembered
    def states(self) -> dict[str, str]:
        """State of every product, asked once."""
        return self.study.states()

    @remembered
    def gone(self) -> frozenset[str]:
        """Inputs whose files are no longer there: nothing made from them can be checked."""
        out = set()
        for name, item in self.study.plan.steps.items():
            specs = self.study.specs.get(name, []) if isinstance(item, Source) else []
            files = [located(s, self.study.folders) for s in specs if s.value is None]
            if files and not all(f.exists() for f in files):
                out.add(name)
        return frozenset(out)

    def state(self, name: str) -> str:
        """``made``, ``stale``, ``missing``, or ``unchecked`` where the input files are gone."""
        state = self.states.get(name, "missing")
        if state in ("made", "missing"):
            return state
        if not self.study.has(name):
            return "missing"
        if state != "stale":  # it cannot be made any more, for want of a file
            return "unchecked"
        return "unchecked" if self.gone.issuperset(self.roots(name)) else "stale"

    def roots(self, name: str) -> list[str]:
        """Products that made another stale: those with nothing stale above them."""
        bad = {n for n in self._above(name) if self.states.get(n) != "made"}
        return [n for n in bad if not any(p in bad for p in self._inputs(n))]

    def _inputs(self, name: str) -> Iterable[str]:
        try:
            return self.study.plan.inputs(name).values()
        except (ShanshuiError, KeyError):
            return ()

    def _above(self, name: str) -> set[str]:
        seen, todo = {name}, [name]
        while todo:
            for product in self._inputs(todo.pop()):
                if product not in seen:
                    seen.add(product)
                    todo.append(product)
        return seen

    def why(self, name: str, voice: Voice) -> str:
        """Words on a product that is not up to date; blank for one that is."""
        state = self.state(name)
        if state == "made":
            return ""
        if state != "stale":
            return voice(f"state_{state}")
        roots = [n for n in sorted(self.roots(name)) if n != name and n not in self.gone]
        if not roots:
            return voice("state_stale")
        listed = ", ".join(roots[:3]) + (" …" if len(roots) > 3 else "")
        return voice("state_stale_since", products=listed)

    def refuse_stale(self, names: Iterable[str]) -> None:
        """Refuse products that are not what the study would make now.

        Raises
        ------
        PlanError
            Names the first, why, and how to mend it.
        """
        layout = self.study.layout
        for name in names:
            if self.state(name) == "stale":
                raise PlanError(
                    f"{name}: {self.why(name, Voice())}{self._cause(name)}; make it anew: shanshui run {layout.folder} {name}{self.study.flags}; "
                    "or write it as it stands, marked as stale, with --stale"
                )

    def _cause(self, name: str) -> str:
        """What changed in the first product that made this one stale, as the ledger tells it."""
        root = next((n for n in sorted(self.roots(name)) if n not in self.gone), name)
        cause = self.study.stale_reason(root)
        return f" ({cause})" if cause else ""

    def lineage(self, name: str) -> dict[str, str]:
        """Digest of every product that a product was made from, itself first, as far as the ledger holds it."""
        out: dict[str, str] = {}
        todo = [(name, self.study.record(name).digest)]
        while todo:
            product, digest = todo.pop()
            if product in out:
                continue
            out[product] = digest
            found, inputs = self._made_from(product)
            if found == digest:
                todo += list(inputs.items())
        return out

    def _made_from(self, product: str) -> tuple[str, dict[str, str]]:
        """Digest of a product as it stands, and of the products that it was made from."""
        if product not in self._known:
            record = self.study.entry(product)
            parts = {} if record is None else record.parts.get("inputs", {})
            self._known[product] = ("" if record is None else record.digest, dict(parts))
        return self._known[product]

    def odd(self, names: Iterable[str]) -> str:
        """First product by which the named ones differ: they were made from two versions of it; blank when none."""
        seen: dict[str, str] = {}
        for name in names:
            if not self.study.has(name):
                continue
            for product, digest in self.lineage(name).items():
                if seen.setdefault(product, digest) != digest:
                    return product
        return ""


WHOLE = ("first", "nothing")
"""First words of reasons that name nothing after them: ``first run``, ``nothing changed``."""


def because(reason: str, voice: Voice) -> str:
    """Why a product was made, as the ledger has it, in the words of a page.

    Parameters
    ----------
    reason : str
        Of :func:`shanshui.flow.recipe.reason`: parts that begin with what differed, then the names of that.
    voice : Voice
        Of the page.

    Returns
    -------
    str
        Names stay as they are; a part of another kind too.
    """
    told = []
    for part in reason.split("; "):
        kind, _, names = part.partition(" ")
        if f"because_{kind}" not in voice:
            told.append(part)
            continue
        word = voice(f"because_{kind}")
        told.append(word if kind in WHOLE or not names else f"{word} {names}")
    return voice.clauses(told)
