"""What findr's clock says, for those beside it."""

import contextlib
import datetime
from collections.abc import Mapping
from pathlib import Path


def today(variables: Mapping[str, str]) -> datetime.date:
    """What findr's clock calls today, in UTC (findr/clock.py): it may have been moved before this start."""
    ahead = float(variables.get("FINDR_CLOCK_AHEAD") or 0)
    with contextlib.suppress(OSError, ValueError):
        ahead += float(Path(variables.get("FINDR_CLOCK_FILE", "")).read_text())
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=ahead)).date()
