"""Planning-support for ecologically sensitive mountain regions.

``open_study`` opens a study folder; every assessment is also a plain function of its chapter, for
example ``shanshui.terrain.slope.slope``.
"""

from typing import TYPE_CHECKING, Any

from shanshui.core.letters import plain_letters
from shanshui.core.version import __version__

if TYPE_CHECKING:
    from shanshui.opened import Study, open_study
    from shanshui.study.new import new_study

__all__ = ["Study", "__version__", "new_study", "open_study"]

plain_letters()  # before GDAL is loaded, which reads them

# loaded when first used: a script that needs one function should not wait for all of GDAL
_PLACES = {
    "Study": "shanshui.opened",
    "open_study": "shanshui.opened",
    "new_study": "shanshui.study.new",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'shanshui' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
