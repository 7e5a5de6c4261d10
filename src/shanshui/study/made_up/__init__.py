"""A mountain region that does not exist, made from a seed: every input that a study takes."""
