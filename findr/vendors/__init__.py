"""What every vendor's adapter needs: a call that ends in time, a place among those who wait, and the ways to fail."""
