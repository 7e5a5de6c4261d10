"""Which sheets of a file are read: those declared; else all that have a table, if they have the same head."""

from collections.abc import Sequence
from dataclasses import dataclass

from shanshui.collect.sheets.layout import Layout, layout_of
from shanshui.collect.sheets.names import named
from shanshui.collect.sheets.sheet import Sheet, letters
from shanshui.collect.sheets.wanted import Wanted
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.core.errors import DataError


@dataclass
class Part:
    """A sheet with its layout."""

    sheet: Sheet
    layout: Layout

    @property
    def heads(self) -> list[str]:
        """Labels of the columns; columns without one by their letter."""
        return [
            h or f"column {letters(c)}"
            for c, h in zip(self.layout.columns, self.layout.heads, strict=True)
        ]


def chosen_sheets(
    sheets: list[Sheet], where: str, name: str, wanted: Wanted
) -> tuple[list[Part], list[str]]:
    """Sheets that are read: those declared; else all that have a table, if they have the same head."""
    titles = [s.name for s in sheets]
    asked = [wanted.layer] if isinstance(wanted.layer, str) else list(wanted.layer or [])
    for layer in asked:
        if layer not in titles and any(titles):
            raise DataError(
                f"{name}.layer: no sheet '{layer}' in {where.partition(': ')[2]}; found {', '.join(titles)}"
            )
    passed: list[str] = []
    parts: list[Part] = []
    errors: list[DataError] = []
    for sheet in sheets:
        if asked and any(titles) and sheet.name not in asked:
            continue
        if sheet.hidden and not asked and any(not s.hidden for s in sheets):
            passed.append(f"sheet '{sheet.name}', which is hidden")
            continue
        try:
            layout = layout_of(sheet, f"{where}{on_sheet(sheet)}", wanted.header_rows)
        except DataError as error:
            errors.append(error)
            passed.append(f"sheet '{sheet.name}', on which no table is found")
            continue
        if layout is None or not any(
            any(v is not None for v in sheet.rows[k]) for k in layout.body
        ):
            if any(sheet.rows):
                passed.append(f"sheet '{sheet.name}', which has no rows below a head")
            continue
        parts.append(Part(sheet, layout))
    if errors and (not parts or asked):
        raise errors[0]
    if not parts:
        raise DataError(
            f"{where}: no rows below the header; expected names of columns, and rows below them"
        )
    return _alike(parts, passed, where, wanted)


def on_sheet(sheet: Sheet) -> str:
    """Words that name a sheet in a message; blank for a text file."""
    return f", sheet '{sheet.name}'" if sheet.name else ""


def _alike(
    parts: list[Part], passed: list[str], where: str, wanted: Wanted
) -> tuple[list[Part], list[str]]:
    """Sheets of one head; of several heads those that have the wanted columns, if they are of one."""

    def key(part: Part) -> tuple[str, ...]:
        return tuple(sorted(ways_to_say(h)[-1] for h in part.heads))

    if len({key(p) for p in parts}) > 1 and wanted.names:
        able = [p for p in parts if _lacking(p, wanted) == 0]
        if able and len({key(p) for p in able}) == 1:
            passed = passed + [
                f"sheet '{p.sheet.name}', which has other columns" for p in parts if p not in able
            ]
            parts = able
    if len({key(p) for p in parts}) > 1:
        shown = "; ".join(f"'{p.sheet.name}' ({', '.join(p.heads[:4])})" for p in parts[:6])
        raise DataError(
            f'{where} has tables with different heads on its sheets: {shown}; choose with layer = "…" (--sheet)'
        )
    return parts, passed


def _lacking(part: Part, wanted: Wanted) -> int:
    labels = [ways_to_say(h) for h in part.heads]
    found, _ = named(labels, declared_places(labels, wanted), wanted.names)
    rest = [n for n in wanted.names if n not in found.values() and n != "year"]
    return len(rest)


def declared_places(labels: Sequence[Sequence[str]], wanted: Wanted) -> dict[int, str]:
    """Our names of the columns that a person declared, by their place."""
    out: dict[int, str] = {}
    for ours, theirs in wanted.columns.items():
        at = place_of(theirs, labels)
        if at is not None:
            out[at] = ours
    return out
