"""What every endpoint shares: its base, who is asking, idempotency keys, errors, limits, paging, input fields."""
