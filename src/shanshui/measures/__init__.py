"""Measures: what a scenario does to a product; plain assessments from the product as it was to the product as it becomes."""
