"""The one decorator: a function whose signature declares what it takes, is set by, and gives."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from shanshui.core.door import admit, agree, given, kind_told
from shanshui.core.errors import PlanError, nearest
from shanshui.core.intake import Cell, taken
from shanshui.core.keys import keys
from shanshui.core.quantity import (
    Features,
    Grid,
    Layers,
    Quantity,
    Scalar,
    Table,
)
from shanshui.core.reasons import known_reason
from shanshui.core.setting import LIMITS, Limits, finite, known, read
from shanshui.core.source import require

_QUANTITIES = (Grid, Layers, Table, Features, Scalar)
CELL = "cell"
"""Keyword of plain arrays; no setting bears this name."""
Halo = int | Callable[[Mapping[str, Any]], int]
AnyOf = tuple[str, ...] | Callable[[Mapping[str, Any]], tuple[str, ...]]


@dataclass(frozen=True)
class Card:
    """What is known of an assessment without running it.

    Attributes
    ----------
    name : str
        The product it gives.
    needs : mapping of str to Quantity
        Data parameters, in order.
    optional : frozenset of str
        Data parameters that may be absent.
    settings : mapping of str to default
        Keyword-only parameters.
    types : mapping of str to type
        Annotation of each setting: what a text of the command line or of the study file is read as.
    ranges : mapping of str to Between, OneOf or Ascending
        Limits of settings that have one.
    gives : Quantity
        The result.
    source : str
        Citation key or decision record.
    halo : int or callable or None
        Rows beyond a block that a cell looks at; None when the whole grid is needed.
    bytes_per_cell : float
        Working memory beyond inputs and result, for the estimate before a run.
    missing : mapping of str to str
        Reason that a cell of a layer has no value though all that it takes has; under an empty name for all layers.
    read_over : mapping of str to (float, float) [km2]
        Area of the window over which a data parameter must be measured, because its limits were published for that.
    window : callable of the settings, optional [km2]
        Area of the window over which the result is measured; None where the data decide it.
    read_at : mapping of str to float [m]
        Largest cell as which a data parameter may be measured, because its limits were published for that.
    resolution : callable of the settings, optional [m]
        Cell as which the result tells the ground, whatever the study's cells; None where it tells it as those do.
    any_of : tuple of str or callable of the settings
        Optional data parameters of which at least one must be there; none where that does not matter.
    follows : mapping of setting to step
        Settings that are another step's in a plan, unless they are set themselves.
    """

    name: str
    needs: Mapping[str, Quantity]
    optional: frozenset[str]
    settings: Mapping[str, Any]
    types: Mapping[str, Any]
    ranges: Mapping[str, Limits]
    gives: Quantity
    source: str
    halo: Halo | None
    bytes_per_cell: float
    missing: Mapping[str, str]
    fn: Callable[..., Any] = field(repr=False)
    read_over: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    window: Callable[[Mapping[str, Any]], float | None] | None = field(default=None, repr=False)
    read_at: Mapping[str, float] = field(default_factory=dict)
    resolution: Callable[[Mapping[str, Any]], float] | None = field(default=None, repr=False)
    any_of: AnyOf = ()
    follows: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.fn) or "").partition("\n")[0]

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Defaults with ``settings`` laid over them, each within its range.

        Raises
        ------
        PlanError
            Unknown setting, or a value out of range.
        """
        for word in settings:
            known(self.settings, word, self.name)
        out = {**self.settings, **settings}
        for word, value in out.items():
            finite(f"{self.name}.{word}", value)
        for word, limits in self.ranges.items():
            if out[word] is not None:
                limits.check(f"{self.name}.{word}", out[word])
        return out

    def read(self, word: str, value: Any) -> Any:
        """Read a setting as its annotation says, from a text or from a value of the study file.

        Raises
        ------
        PlanError
            Unknown setting, or a value of another type.
        """
        known(self.settings, word, self.name)
        return read(f"{self.name}.{word}", value, self.types[word], self.settings[word])

    def either(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Optional data parameters of which at least one must be there under these settings."""
        return self.any_of(settings) if callable(self.any_of) else self.any_of

    def reach(self, settings: Mapping[str, Any]) -> int | None:
        """Rows of halo under these settings; None when the whole grid is needed."""
        return self.halo(settings) if callable(self.halo) else self.halo


def assessment(
    *,
    source: str,
    halo: Halo | None = None,
    bytes_per_cell: float = 8.0,
    missing: str | Mapping[str, str] = "",
    read_over: Mapping[str, tuple[float, float]] | None = None,
    window: Callable[[Mapping[str, Any]], float | None] | None = None,
    read_at: Mapping[str, float] | None = None,
    resolution: Callable[[Mapping[str, Any]], float] | None = None,
    any_of: AnyOf = (),
    follows: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an assessment.

    Parameters
    ----------
    source : str
        A key of ``sources.bib`` or ``decisions/NNNN-title``.
    halo : int or callable of the settings, optional
        Rows beyond a block that a cell looks at: 0 is cell by cell. Without it the whole grid is handed over.
    bytes_per_cell : float
        Working memory beyond inputs and result.
    missing : str or mapping of layer to str, optional
        Row of ``core/reasons.csv``: why a cell has no value though all that the assessment takes has one.
    read_over : mapping of parameter to (float, float), optional [km2]
        Least and greatest window over which a data parameter may be measured; a plan that binds another is refused.
    window : callable of the settings, optional [km2]
        Window over which the result is measured, for those who take it; None where the data decide it.
    read_at : mapping of parameter to float, optional [m]
        Largest cell as which a data parameter may be measured; a plan that binds what is measured at the study's cells is refused.
    resolution : callable of the settings, optional [m]
        Cell as which the result tells the ground, for those who take it, where that is not the study's.
    any_of : tuple of str or callable of the settings, optional
        Optional data parameters of which a plan must have at least one; without them it leaves the step out.
    follows : mapping of setting to step, optional
        Settings that are another step's in a plan, unless they are set themselves: they say how what that one gave came about.

    Returns
    -------
    callable
        Wraps a function of data (positional) and settings (keyword-only). Grids may be handed to it as plain arrays too, then with
        ``cell=``, the side of a cell in metres; the result comes back as they came.
    """
    require(source)

    def wrap(fn: Callable[..., Any]) -> Callable[..., Any]:
        card = replace(
            _card(fn, source, halo, bytes_per_cell, missing),
            read_over=dict(read_over or {}),
            window=window,
            read_at=dict(read_at or {}),
            resolution=resolution,
            any_of=any_of,
            follows=dict(follows or {}),
        )
        names = list(card.needs)
        on_grids = any(isinstance(q, Grid | Layers) for q in card.needs.values())

        @functools.wraps(fn)
        def admitted(*data: Any, **words: Any) -> Any:
            cell = words.pop(CELL, None) if on_grids else None
            if len(data) > len(names):
                raise PlanError(
                    f"{card.name}: {len(data)} data arguments, expected {', '.join(names)}; "
                    "settings go by keyword"
                )
            handed = dict(zip(names, data, strict=False))
            handed.update({w: v for w, v in words.items() if w in card.needs})
            settings = card.checked({w: v for w, v in words.items() if w not in card.needs})
            ready: dict[str, Any] = {}
            handed, form = taken(handed, card.needs, card.gives, cell, around=card.halo != 0)
            for name, quantity in card.needs.items():
                value = handed.get(name)
                if value is None:
                    if name not in card.optional:
                        raise PlanError(f"{card.name}: no {name} was given")
                    ready[name] = None
                else:
                    ready[name] = admit(name, value, quantity)
            agree(ready, card.needs)
            kinds = {name: kind_told(ready[name], q) for name, q in card.needs.items()}
            return form.back(given(card.name, fn(**ready, **settings), card.gives, kinds))

        admitted.card = card  # type: ignore[attr-defined]
        if on_grids:
            admitted.__signature__ = _with_cell(fn)  # type: ignore[attr-defined]
        return admitted

    return wrap


def _with_cell(fn: Callable[..., Any]) -> inspect.Signature:
    """Signature with the size of cells of plain arrays."""
    own = inspect.signature(fn)
    word = inspect.Parameter(
        CELL, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Cell | None
    )
    return own.replace(parameters=[*own.parameters.values(), word])


def card_of(fn: Callable[..., Any]) -> Card:
    """Return the card of an assessment.

    Raises
    ------
    PlanError
        The function is not an assessment.
    """
    card = getattr(fn, "card", None)
    if not isinstance(card, Card):
        raise PlanError(
            f"{getattr(fn, '__name__', fn)}: not an assessment; decorate it with @assessment"
        )
    return card


def _card(
    fn: Callable[..., Any],
    source: str,
    halo: Halo | None,
    bytes_per_cell: float,
    missing: str | Mapping[str, str],
) -> Card:
    hints = get_type_hints(fn, include_extras=True)
    needs: dict[str, Quantity] = {}
    optional, settings, types, ranges = set(), {}, {}, {}
    for name, parameter in inspect.signature(fn).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            settings[name] = parameter.default
            types[name] = _bare(hints[name])
            for extra in _extras(hints[name]):
                if isinstance(extra, LIMITS):
                    ranges[name] = extra
            continue
        quantity = _quantity(hints[name])
        if quantity is None:
            raise PlanError(
                f"{fn.__name__}.{name}: a data parameter needs a quantity of the vocabulary"
            )
        needs[name] = quantity
        if parameter.default is None:
            optional.add(name)
    gives = _quantity(hints["return"])
    if gives is None:
        raise PlanError(f"{fn.__name__}: the result needs a quantity of the vocabulary")
    why = {"": missing} if isinstance(missing, str) else dict(missing)
    why = {layer: known_reason(reason, fn.__name__) for layer, reason in why.items() if reason}
    return Card(
        fn.__name__,
        needs,
        frozenset(optional),
        settings,
        types,
        ranges,
        gives,
        source,
        halo,
        bytes_per_cell,
        why,
        fn,
    )


def _extras(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Annotated:
        return get_args(hint)[1:]
    return tuple(extra for part in get_args(hint) for extra in _extras(part))


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _quantity(hint: Any) -> Quantity | None:
    found = next((extra for extra in _extras(hint) if isinstance(extra, _QUANTITIES)), None)
    named = [found.key] if isinstance(found, Grid | Features) else []
    named += found.key_of.values() if isinstance(found, Table | Features) else []
    for kind in [kind for key in named if key is not None and not key.like for kind in key.kinds]:
        if kind not in keys():
            raise PlanError(f"no kind of place or thing '{kind}'; {nearest(kind, keys())}")
    return found
