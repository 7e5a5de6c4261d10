"""Water and the units it draws."""
