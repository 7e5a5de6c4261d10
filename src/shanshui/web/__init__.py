"""The One Map: a study's store read by browsers and by other programs."""
