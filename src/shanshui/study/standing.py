"""How the products of a study stand against what a run would make now."""

from typing import TYPE_CHECKING, Any

from shanshui.collect.catalog import located

if TYPE_CHECKING:
    from shanshui.study.study import Study


class Standing:
    """State of each product of a study or of a variant, looked at again when the ledger or an input changes.

    Parameters
    ----------
    study : Study
        Whose products.
    """

    def __init__(self, study: "Study") -> None:
        self._study = study
        self._mark: Any = None
        self._known: dict[str, tuple[str, str]] = {}

    def all(self) -> dict[str, tuple[str, str]]:
        """State of every product of the plan, and in words why it is not made."""
        study = self._study
        mark = (study.ledger.state(), self._inputs())
        if self._mark != mark:
            run = study.runner(workers=1, memory=1.0)
            stale: set[str] = set()
            found = {}
            for name in study.plan.steps:
                found[name] = run.recipes.standing(name, stale)
                if found[name][0] != "made":
                    stale.add(name)
            self._mark, self._known = mark, found
        return self._known

    def of(self, name: str) -> tuple[str, str]:
        """State of one product, and why; one that can no longer be made is stale."""
        study = self._study
        if name in study.plan.steps:
            return self.all()[name]
        if study.entry(name) is None:
            return "missing", "not made yet"
        why = study.plan.absent.get(name)
        return "stale", f"cannot be made any more: {why}" if why else "no step makes it any more"

    def _inputs(self) -> list[tuple[int, ...]]:
        """What tells that an input file was touched."""
        seen: list[tuple[int, ...]] = []
        for spec in (spec for declared in self._study.specs.values() for spec in declared):
            try:
                stat = located(spec, self._study.folders).stat()
                seen.append((stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
            except OSError:
                seen.append(())
        return seen
