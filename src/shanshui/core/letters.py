"""Letters as file formats compare them, whatever the language of the machine."""

import locale
from contextlib import suppress

_OTHER_I = ("tr", "az", "Turkish", "Azer")
_PLAIN = ("C.UTF-8", "C.utf8", "en_US.UTF-8")


def plain_letters() -> str:
    """The locale by which C libraries tell capitals from small letters; a plain one where i and I are letters of their own.

    In Turkish and Azeri the capital of i is not I. GDAL compares names of options by the letters of the user: there it does not know its
    own ``TILED`` or ``ENCODING``, leaves them out with a warning at most, and so writes other files than elsewhere. Text in Python does not look at
    this setting, and dates, numbers and the language of messages have settings of their own.
    """
    found = locale.setlocale(locale.LC_CTYPE)
    if found.startswith(_OTHER_I):
        for plain in _PLAIN:
            with suppress(locale.Error):
                return locale.setlocale(locale.LC_CTYPE, plain)
    return found
