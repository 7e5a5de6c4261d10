"""The shape of the ground."""
