"""Which times can be had, and why others cannot: one function for the list, the verification and the explanation (contract 16)."""
