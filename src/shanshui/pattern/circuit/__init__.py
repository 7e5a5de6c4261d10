"""Circuit theory: effective resistance and current of a landscape or a network of resistors."""

from shanshui.pattern.circuit.directed import directed_current
from shanshui.pattern.circuit.questions import current, effective_resistance

__all__ = ["current", "directed_current", "effective_resistance"]
