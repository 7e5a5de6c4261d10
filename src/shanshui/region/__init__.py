"""What space is: the study grid, unit sets, and how one is carried to the other."""
