"""Core areas and resistance in files, made into a network of corridors without a study."""
