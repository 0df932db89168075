"""The live feed: WebSockets that carry each recipient's events as they are committed (contract 15)."""
