"""One study: its file, its inputs, its products."""
