"""What every endpoint shares: errors, limits, paging, input fields, the order of the checks."""
