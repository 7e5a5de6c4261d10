"""How work is ordered, skipped and remembered; knows no chapter."""
