"""Ecosystem accounts: what nature gives, in quantity and in money."""
