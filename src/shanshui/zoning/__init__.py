"""Land space: what the ground suits, what it can carry, and where present use contradicts both."""
