"""What the booking page tells below the facts, table by table."""

from typing import Any

# Headers and rows, as the template takes them.
Table = dict[str, Any]
