"""What a reader gets: maps, charts, tables, one page, and files for other programs."""
