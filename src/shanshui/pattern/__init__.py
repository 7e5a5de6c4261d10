"""Ecological security pattern: how much a place matters and how easily it is hurt."""
