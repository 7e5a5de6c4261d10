"""The wheel bears the page: who installs it needs no Node."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


class PageHook(BuildHookInterface):  # type: ignore[misc,unused-ignore]
    """Builds the page before a wheel or a source distribution, unless it is there."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, but for an editable install, which takes the page as ``make page`` leaves it."""
        if version == "editable" or (ROOT / "src/shanshui/web/built/index.html").is_file():
            return
        sys.path.insert(0, str(ROOT / "page"))
        import build as page

        page.build()
