"""What clients send (contract 10.1, 11)."""
