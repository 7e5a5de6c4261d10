"""Who may do what: viewers look, planners change scenarios and run, administrators moderate."""

import csv
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Header, HTTPException, Request

from shanshui.core.errors import DataError, nearest

ROLES = ("viewer", "planner", "administrator")
"""Each may what those before it may."""
COOKIE = "shanshui"
_COST = {"n": 2**14, "r": 8, "p": 1}
"""Of a password's digest: 16 MB and some 50 ms a try [D]."""
_COLUMNS = ("name", "role", "password")


@dataclass(frozen=True)
class Person:
    """Who asks.

    Attributes
    ----------
    name, role : str
        As the file of users has them; blank and ``viewer`` for anybody.
    """

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether what needs a role is allowed."""
        return ROLES.index(self.role) >= ROLES.index(role)


ANYBODY = Person("", "viewer")


class People:
    """Those who may use a server.

    Parameters
    ----------
    file : Path, optional
        Table ``name, role, password`` with digests as :func:`digest_of` makes them. Without one whoever reaches the server is its
        administrator, so that it must listen to this machine alone, or be public.
    public : bool
        Anybody may look, and nobody may do more without a password.

    Raises
    ------
    DataError
        A file that cannot be read, a role that is none, a name twice, or a password that is no digest.
    """

    def __init__(self, file: Path | None = None, *, public: bool = False) -> None:
        self._known = {} if file is None else _read(file)
        self.open = file is None and not public
        self.public = public
        self._secret = secrets.token_bytes(32)

    def login(self, name: str, password: str) -> str | None:
        """Token of a person; None where name or password are wrong, after as long a while."""
        told = self._known.get(name)
        right = _same(password, told[1] if told else _NOBODY)
        return self._token(name) if told and right else None

    def _token(self, name: str) -> str:
        mark = hmac.new(self._secret, name.encode(), hashlib.sha256).hexdigest()
        return f"{name.encode().hex()}.{mark}"

    def of(self, token: str) -> Person | None:
        """Whose token it is; None for none."""
        head, _, _ = token.partition(".")
        try:
            name = bytes.fromhex(head).decode()
        except (ValueError, UnicodeDecodeError):
            return None
        if name in self._known and hmac.compare_digest(token, self._token(name)):
            return Person(name, self._known[name][0])
        return None

    def asking(self, request: Request, authorization: str = "") -> Person | None:
        """Who asks, by token or cookie; None for nobody who may look."""
        if self.open:
            return Person("", ROLES[-1])
        token = authorization.removeprefix("Bearer ").strip() or request.cookies.get(COOKIE, "")
        return (self.of(token) if token else None) or (ANYBODY if self.public else None)

    def need(self, role: str) -> Callable[..., Awaitable[Person]]:
        """Dependency of a door that only some may use."""

        async def who(
            request: Request, authorization: Annotated[str, Header(max_length=400)] = ""
        ) -> Person:
            person = self.asking(request, authorization)
            if person is None:
                raise HTTPException(401, "log in first", {"WWW-Authenticate": "Bearer"})
            if not person.may(role):
                raise HTTPException(403, f"needs a {role}; you are a {person.role}")
            if request.method not in ("GET", "HEAD") and not authorization:
                _refuse_elsewhere(request)
            return person

        return who


def _refuse_elsewhere(request: Request) -> None:
    """A page of another server must not act for who is logged in here."""
    origin = request.headers.get("origin")
    if origin is None:
        # no browser: those send where a change comes from
        if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none"):
            raise HTTPException(403, "comes from a page of another server")
        return
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if origin != own:
        raise HTTPException(403, f"comes from a page of {origin}, expected {own}")


def _read(file: Path) -> dict[str, tuple[str, str]]:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"--users {file}: cannot be read ({error})") from error
    out: dict[str, tuple[str, str]] = {}
    rows = csv.DictReader(text.splitlines())
    lacking = [c for c in _COLUMNS if c not in (rows.fieldnames or ())]
    if lacking:
        raise DataError(
            f"--users {file}: no column {', '.join(lacking)}; expected name, role, password"
        )
    for row in rows:
        name, role, password = (str(row[c] or "").strip() for c in _COLUMNS)
        if not name or name in out:
            raise DataError(f"--users {file}: name '{name}' is blank or stands twice")
        if role not in ROLES:
            raise DataError(f"--users {file}: {name}: role '{role}'; {nearest(role, ROLES)}")
        if not password.startswith("scrypt$") or password.count("$") != 2:
            raise DataError(
                f"--users {file}: {name}: the password is no digest; make one: shanshui serve --digest"
            )
        out[name] = (role, password)
    if not out:
        raise DataError(f"--users {file}: names nobody")
    return out


def digest_of(password: str, salt: bytes | None = None) -> str:
    """Digest of a password, as a file of users holds it."""
    own = secrets.token_bytes(16) if salt is None else salt
    mark = hashlib.scrypt(password.encode(), salt=own, n=_COST["n"], r=_COST["r"], p=_COST["p"])
    return f"scrypt${own.hex()}${mark.hex()}"


def _same(password: str, digest: str) -> bool:
    try:
        salt = bytes.fromhex(digest.split("$")[1])
    except (IndexError, ValueError):
        return False
    return hmac.compare_digest(digest_of(password, salt), digest)


_NOBODY = digest_of("", b"0" * 16)
