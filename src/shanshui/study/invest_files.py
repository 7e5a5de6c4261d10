"""InVEST argument files in their three forms: JSON, an archive with its data, the log of a run."""

import ast
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shanshui.core.errors import StudyError

ARCHIVES = (".tar.gz", ".tgz", ".tar")
PARAMETERS = "parameters.invest.json"
"""What InVEST calls the argument file in an archive."""
DATA = "invest_data"
"""Folder of a new study into which an archive is unpacked."""
MOST_UNPACKED = 1 << 36
"""Bytes that an archive may hold [D]: no data set for one region is larger, and a made-up one fills no disk."""
_STARTS = re.compile(r"Arguments for InVEST (?P<model>\S+) (?P<version>\S+?):\s*$")
_ENTRY = re.compile(r"(?P<key>[A-Za-z_]\w*)(?:\s+(?P<value>.*\S))?\s*$")
_REMOTE = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]+://|/vsi(?!mem)\w*/)")


@dataclass(frozen=True)
class ArgumentFile:
    """What an argument file says.

    Attributes
    ----------
    path : Path
        The file that was given.
    here : Path
        Folder from which its paths are read.
    model : str
        As written there.
    version : tuple of int
        Release of InVEST that wrote it; empty where it does not say.
    args : dict
        Arguments by name.
    """

    path: Path
    here: Path
    model: str
    version: tuple[int, ...]
    args: dict[str, Any]

    def number(self, name: str, given: Any) -> float:
        """A number that an argument holds; ``1/12`` is one too.

        Raises
        ------
        StudyError
            It is no finite number.
        """
        text = str(given).strip()
        top, slash, bottom = text.partition("/")
        try:
            value = float(top) / float(bottom) if slash else float(text)
        except (ValueError, OverflowError, ZeroDivisionError):
            value = float("nan")
        if isinstance(given, bool) or not abs(value) < float("inf"):
            hint = (
                "; write it without marks of thousands"
                if re.fullmatch(r"[\d\s,.'’]+", text)
                else ""
            )
            raise StudyError(
                f"{self.path}: {name}: found '{text[:60]}'; expected a finite number{hint}"
            )
        return value


def read_argument_file(path: Path, folder: Path) -> ArgumentFile:
    """Read an argument file in any of its forms.

    Parameters
    ----------
    path : Path
        JSON, an archive (``.tar.gz``), or the log of a run (``.txt``, ``.log``).
    folder : Path
        Of the new study, into which an archive is unpacked.

    Returns
    -------
    ArgumentFile
        Its arguments.

    Raises
    ------
    StudyError
        Not there, of another form, damaged, without arguments.
    """
    try:
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise StudyError(f"{str(path)[:200]}: no such file")
    if path.name.lower().endswith(ARCHIVES):
        inside = _unpacked(path, folder / DATA)
        content = _json(inside)
        return _arguments(path, inside.resolve().parent, content)
    if path.suffix.lower() == ".json":
        return _arguments(path, path.resolve().parent, _json(path))
    if path.suffix.lower() in (".txt", ".log"):
        return _arguments(path, path.resolve().parent, _log(path))
    raise StudyError(
        f"{path}: expected an argument file (.json), an archive ({', '.join(ARCHIVES)}) or the log of a run (.txt) of InVEST"
    )


def true(value: Any) -> bool:
    """Is a flag set, however its file writes that?"""
    return value is True or str(value).strip().lower() in ("true", "1", "yes")


def refuse_remote(text: str, where: str) -> None:
    """Refuse a path that points to a server.

    Raises
    ------
    StudyError
        With what to do.
    """
    if _REMOTE.match(text):
        raise StudyError(
            f"{where}: '{text[:120]}' is remote, and nothing is fetched from the net; download it, unpack it where it is an archive, and "
            "write where it lies on this machine"
        )


def _arguments(path: Path, here: Path, content: Any) -> ArgumentFile:
    if not isinstance(content, dict) or not isinstance(content.get("args"), dict):
        raise StudyError(f"{path}: no args; expected an InVEST argument file")
    name = str(content.get("model_id") or content.get("model_name") or "")[:200]
    version = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", str(content.get("invest_version") or ""))
    release = tuple(int(part) for part in version.groups() if part) if version else ()
    return ArgumentFile(path, here, name, release, content["args"])


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except RecursionError:
        raise StudyError(f"{path}: not valid JSON: brackets nested too deep") from None
    except ValueError as error:  # also bytes that are no text, and numbers of too many digits
        raise StudyError(f"{path}: not valid JSON: {str(error)[:200]}") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from None


def _log(path: Path) -> dict[str, Any]:
    """Arguments that a run wrote at the head of its log: a line for each, up to a blank one."""
    try:
        lines = path.read_text("utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from None
    for at, line in enumerate(lines):
        found = _STARTS.search(line)
        if found is None:
            continue
        args: dict[str, Any] = {}
        for row in lines[at + 1 :]:
            entry = _ENTRY.match(row.strip())
            if entry is None:
                break
            args[entry["key"]] = _value(entry["value"] or "")
        return {"model_id": found["model"], "invest_version": found["version"], "args": args}
    raise StudyError(
        f"{path}: no line 'Arguments for InVEST MODEL VERSION:'; expected the log of an InVEST run"
    )


def _value(text: str) -> Any:
    if text in ("True", "False", "None"):
        return ast.literal_eval(text)
    return text


def _unpacked(path: Path, to: Path) -> Path:
    """Unpack an archive into a folder of its own, and tell which of its files holds the arguments."""
    try:
        with tarfile.open(path) as archive:
            members = [m for m in archive.getmembers() if m.isfile()]
            if sum(m.size for m in members) > MOST_UNPACKED:
                raise StudyError(
                    f"{path}: would unpack to more than {MOST_UNPACKED >> 30} GiB; unpack what counts by hand"
                )
            inside = _parameters(path, [m.name for m in members])
            if to.exists():
                raise StudyError(
                    f"{to}: exists already, and the archive would be unpacked into it; choose another folder"
                )
            archive.extractall(to, members, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise StudyError(f"{path}: cannot be unpacked ({str(error)[:200]}); is it whole?") from None
    return to / inside


def _parameters(path: Path, names: list[str]) -> str:
    for wanted in (PARAMETERS, ".invest.json", ".json"):
        found = [name for name in names if name.lower().endswith(wanted)]
        if found:
            return min(found, key=lambda name: (name.count("/"), name))
    raise StudyError(
        f"{path}: holds no {PARAMETERS}; found {', '.join(names[:8]) or 'nothing'}; expected an archive that InVEST wrote"
    )
