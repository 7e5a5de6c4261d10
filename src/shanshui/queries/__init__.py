"""What is asked of a study or of a file, answered as plain data: printed by the command, returned in Python, served to a page."""
