"""Citation keys and the list they must be in."""

import re
from functools import cache

from shanshui.core.errors import PlanError, nearest
from shanshui.core.shipped import shipped_text


@cache
def sources() -> dict[str, dict[str, str]]:
    """Every entry of ``sources.bib`` by key, with its fields."""
    text = shipped_text("core/sources.bib")
    entries = {}
    for key, body in re.findall(r"@\w+\{([^,\s]+),(.*?)\n\}", text, flags=re.DOTALL):
        entries[key] = dict(re.findall(r"(\w+)\s*=\s*\{(.*?)\},?\n", body + "\n"))
    return entries


def require(key: str) -> None:
    """Refuse a key that is neither a source nor a decision record.

    Raises
    ------
    PlanError
        The key is unknown.
    """
    if not key.startswith("decisions/") and key not in sources():
        raise PlanError(f"source '{key}' is not in sources.bib; {nearest(key, sources())}")


def citation(key: str) -> str:
    """One line for a caption: authors, year, title; decision records as they are."""
    entry = sources().get(key)
    if entry is None:
        return key
    status = f" [{entry['status']}]" if "status" in entry else ""
    # braces keep a body's name together for BibTeX; readers do not want them
    author = entry.get("author", "").replace("{", "").replace("}", "")
    return f"{author} ({entry.get('year', 'n.d.')}). {entry.get('title', '')}.{status}"


def short_citation(key: str) -> str:
    """Authors and year, for a line below a figure; what is ours says so."""
    entry = sources().get(key)
    if entry is None or key.startswith("own_"):
        return "shanshui"
    author = entry.get("author", "")
    if author.startswith("{"):
        names = author.replace("{", "").replace("}", "").split(" and others")
        names = [names[0], *["others"] * (len(names) - 1)]
    else:
        parts = [
            _family(part) for part in author.replace(" and ", ",").replace(";", ",").split(",")
        ]
        names = [name for name in parts if name]
    shown = (
        names[0]
        if len(names) == 1
        else " & ".join(names)
        if len(names) == 2
        else f"{names[0]} et al."
    )
    return f"{shown} ({entry.get('year', 'n.d.')})"


def _family(part: str) -> str:
    """Part of a list of authors without initials: ``Horn B. K. P.`` is Horn, ``B. K. P.`` is nobody."""
    return " ".join(word for word in part.split() if not word.endswith("."))
