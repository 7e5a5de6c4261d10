"""Scales and weights that any chapter may use."""
