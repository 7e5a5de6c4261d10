"""Why a cell of an input is missing."""


class Missing:
    """Numbers of the reasons why a source cell, or the study cell that lies on it, has no value; 0 where it has one."""

    NOT = 0
    OUTSIDE = 1
    TAG = 2
    MASK = 3
    ALPHA = 4
    NAN = 5
    DECLARED = 6
    BEYOND = 7
    CLASSLESS = 8
    NO_POLYGON = 9


REASONS = (
    "", "outside_file", "tagged", "masked", "transparent", "not_a_number", "declared", "beyond_valid", "classless",
    "no_polygon",
)  # fmt: skip
"""Row of ``core/reasons.csv`` of each number."""
