"""What may be done there: which industry, how good, where, under which rules, and in which circle."""
