"""Settings that a step has as another step has them, unless it is set itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any


def followed(steps: Mapping[str, Any]) -> dict[str, Any]:
    """Steps with what they take over from the settings of others.

    Parameters
    ----------
    steps : mapping of product to item of a plan
        Only steps have settings.

    Returns
    -------
    dict
        The same items; a setting that a card names in ``follows`` is that of the step it follows, where that one was changed and the
        setting itself was not.
    """
    out = dict(steps)
    for name, item in steps.items():
        card = getattr(item, "card", None)
        for setting, leader in ({} if card is None else card.follows).items():
            own = setting in item.settings and setting not in item.followed
            leads = getattr(steps.get(leader), "settings", {})
            if own or leader == name or setting not in leads:
                continue
            mine = out[name]
            out[name] = replace(
                mine,
                settings={**mine.settings, setting: leads[setting]},
                followed=mine.followed | {setting},
            )
    return out
