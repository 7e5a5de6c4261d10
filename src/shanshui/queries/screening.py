"""Screen a register of any size: block by block, in parts that a stopped run takes up again."""

import codecs
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from shanshui.collect.catalog import InputSpec
from shanshui.collect.readers import read_table
from shanshui.collect.registers import register_blocks, tidy_register
from shanshui.core.errors import DataError
from shanshui.industry.lexicon import EDITION
from shanshui.industry.screening import RESULT, Screener, Seen
from shanshui.queries.table_files import naming, refuse_odd
from shanshui.store.layout import disk_errors
from shanshui.store.sheets import inert_table
from shanshui.store.written import Written, refuse_foreign, replaced

OURS = ("key", "name", "place", "province", "year", "capital_yuan", "code")
"""Columns of the register that stand beside the result."""


@dataclass(frozen=True)
class ScreeningOutcome:
    """What came of screening.

    Attributes
    ----------
    file : Path
        The result.
    rows, repeated, accepted, review : int
        Rows read, left out because their key came before, accepted, and for a person to look at.
    categories : dict
        Accepted rows by category.
    facts : dict
        Broken dates, capital units and the like.
    resumed : int
        Blocks taken over from a stopped run.
    """

    file: Path
    rows: int
    repeated: int
    accepted: int
    review: int
    categories: dict[str, int]
    facts: dict[str, int]
    resumed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "file": str(self.file),
            "rows": self.rows,
            "repeated": self.repeated,
            "accepted": self.accepted,
            "review": self.review,
            "categories": dict(self.categories),
            "facts": dict(self.facts),
            "resumed": self.resumed,
        }


@dataclass
class _Tally:
    """Counts of the blocks so far."""

    rows: int = 0
    repeated: int = 0
    accepted: int = 0
    review: int = 0
    categories: dict[str, int] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)
    resumed: int = 0


def screen_register(
    register: Path,
    to: Path,
    *,
    columns: Mapping[str, str] | None = None,
    words: Path | None = None,
    all_rows: bool = False,
    encoding: str | None = None,
    overwrite: bool = False,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> ScreeningOutcome:
    """Screen the firms of a register for emerging industries.

    Parameters
    ----------
    register : Path
        CSV, TSV, Excel or Parquet with names and, as far as there are, business scopes and industry codes.
    to : Path
        Result, ``.parquet`` or ``.csv``.
    columns : mapping of ours to the file's, optional
        Where the file's names are not known ones.
    words : Path, optional
        Table ``category, word, specificity`` of a user's words.
    all_rows : bool
        Also those that are of no emerging industry.
    encoding : str, optional
        Of a text file; found line by line by default.
    overwrite : bool
        Replace a file that stands at ``to``.
    tell : callable
        Told what, done and of how much.

    Returns
    -------
    ScreeningOutcome
        Counts; the result is written whole or not at all.

    Raises
    ------
    DataError
        Unreadable register, words or encoding, a result that is neither Parquet nor CSV, or that stands already.
    """
    register, to = Path(register), Path(to)
    if to.suffix.lower() not in {".parquet", ".csv"}:
        raise DataError(f"--to {to}: expected a name that ends in .parquet or .csv")
    _refuse_encoding(encoding)
    refuse_odd(register, "register")
    refuse_foreign(to, _over(register, words), overwrite=overwrite)
    screener = Screener()
    if words is not None:
        with naming(words):
            screener = Screener(screener.lexicon.extended(_words(words)))
    tally = _Tally()
    parts = to.with_name(f".{to.name}.parts")
    with disk_errors(to):
        known = _parts(parts, _fingerprint(register, screener, columns, all_rows, encoding))
        seen = Seen()
        for number, (block, done) in enumerate(
            register_blocks(register, columns, encoding=encoding)
        ):
            block = block.reset_index(drop=True)
            fresh = seen.new(block["key"]) if "key" in block else np.ones(len(block), bool)
            place = parts / f"{number:06d}.parquet"
            if place in known:
                tally.resumed += 1
            else:
                _screen_block(block[fresh], screener, place, len(block), all_rows)
            _count(tally, place, int((~fresh).sum()))
            tell("rows", tally.rows, max(tally.rows, round(tally.rows / max(done, 1e-9))))
        with replaced(to, _over(register, words), overwrite=overwrite) as place:
            _join(parts, place)
        shutil.rmtree(parts)
    return ScreeningOutcome(to, **vars(tally))


def _over(register: Path, words: Path | None) -> Written:
    """What the result must never be written over."""
    return Written(protected=(register, *([] if words is None else [words])))


def _refuse_encoding(encoding: str | None) -> None:
    try:
        codecs.lookup(encoding or "utf-8")
    except (LookupError, ValueError):
        raise DataError(
            f"--encoding {encoding}: no such encoding; expected one such as utf-8 or gb18030"
        ) from None


def _words(words: Path) -> list[dict[str, Any]]:
    frame = read_table(words, InputSpec(file=str(words)), "words")
    lacking = [c for c in ("category", "word", "specificity") if c not in frame]
    if lacking:
        raise DataError(
            f"--words {words}: has no column {', '.join(lacking)}; found {', '.join(map(str, frame.columns))[:200]}; "
            "expected category, word, specificity"
        )
    numbers = pd.to_numeric(frame["specificity"], errors="coerce")
    bad = numbers.isna() | frame["word"].isna() | frame["category"].isna()
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise DataError(
            f"--words {words}: row {row + 1} is {', '.join(map(str, frame.iloc[row]))[:120]}; expected a category, a word and a "
            "specificity from 0 to 1"
        )
    frame = frame.assign(specificity=numbers)
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _fingerprint(register: Path, screener: Screener, *rest: Any) -> str:
    stat = register.stat() if register.exists() else None
    what = [
        str(register.resolve()), stat and stat.st_size, stat and stat.st_mtime_ns, EDITION, RESULT,
        [(w.category, w.word, w.specificity) for w in screener.lexicon.words], screener.with_code, screener.alone, *map(str, rest),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _parts(folder: Path, fingerprint: str) -> set[Path]:
    """Whole parts of an earlier run on the same register with the same words; others are deleted."""
    mark = folder / "of"
    if folder.exists() and not mark.is_file():
        raise DataError(f"{folder}: is not ours, and parts of the result would lie there; move it")
    if folder.exists() and mark.read_text("utf-8", errors="replace") != fingerprint:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint)
    return set(folder.glob("[0-9]*.parquet"))


def _screen_block(
    block: pd.DataFrame, screener: Screener, place: Path, rows: int, all_rows: bool
) -> None:
    said = screener.screened(block)
    tidy, facts = tidy_register(block)
    counted = said.loc[said["decision"] == "accepted", "category"].value_counts()
    facts |= {
        "unknown_codes": screener.unknown_codes(block),
        "rows": rows,
        "accepted": int((said["decision"] == "accepted").sum()),
        "review": int((said["review"] != "").sum()),
        **{f"category {k}": int(v) for k, v in counted.items()},
    }
    keep = np.ones(len(said), bool) if all_rows else (said["decision"] != "no").to_numpy()
    frame = pd.DataFrame({c: tidy[c] for c in OURS if c in tidy})[keep].join(said[keep])
    schema = {
        c: ("Int64" if c == "year" else "float64" if c == "capital_yuan" else None) for c in OURS
    }
    for column in frame.columns:
        if column in ("code_score", "text_score"):
            continue
        kind = schema.get(column)
        frame[column] = frame[column].astype(kind or "string")  # type: ignore[call-overload]
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({"facts": json.dumps(facts)})
    fresh = place.with_suffix(".fresh")
    pq.write_table(table, fresh)
    fresh.replace(place)


def _count(tally: _Tally, place: Path, repeated: int) -> None:
    facts = json.loads((pq.read_schema(place).metadata or {}).get(b"facts", b"{}"))
    tally.rows += facts.pop("rows")
    tally.accepted += facts.pop("accepted")
    tally.review += facts.pop("review")
    tally.repeated += repeated
    for name, count in facts.items():
        head, _, category = name.partition(" ")
        book, key = (tally.categories, category) if head == "category" else (tally.facts, name)
        book[key] = book.get(key, 0) + count


def _join(parts: Path, to: Path) -> None:
    """One file from the parts, one part in memory at a time."""
    places = sorted(parts.glob("[0-9]*.parquet"))
    writer: Any = None
    try:
        for place in places:
            table = pq.read_table(place).replace_schema_metadata(None)
            if to.suffix.lower() == ".csv":
                # names of firms are anybody's text: none of them may be a formula
                frame = inert_table(table.to_pandas(types_mapper=pd.ArrowDtype))
                table = pa.Table.from_pandas(frame, schema=table.schema, preserve_index=False)
            if writer is None:
                writer = (
                    pq.ParquetWriter(to, table.schema)
                    if to.suffix.lower() == ".parquet"
                    else pa_csv.CSVWriter(to, table.schema)
                )
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise DataError(f"--to {to.name}: the register has no rows")
