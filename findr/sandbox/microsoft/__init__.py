"""Microsoft's identity platform (v2.0) and the calendar of Graph v1.0, as far as findr uses them."""
