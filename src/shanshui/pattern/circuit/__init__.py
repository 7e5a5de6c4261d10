"""Circuit theory: effective resistance and current of a landscape or a network of resistors."""

from shanshui.pattern.circuit.questions import current, effective_resistance

__all__ = ["current", "effective_resistance"]
