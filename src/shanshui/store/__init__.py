"""What is kept: grids, features and tables by content, and the ledger of how they came to be."""
