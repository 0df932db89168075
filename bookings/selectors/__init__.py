"""Reads that need thought. What a viewer may see is decided here, and nowhere else (contract 1, 3.2, 6.3)."""
