"""Log lines as JSON, one object a line, each with the id of the request that caused it. No personal data."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")


# PostgreSQL's details of an error quote the row, its context the parameters: names, addresses, reasons.
_DETAIL = re.compile(r"^.*\b(?:DETAIL|CONTEXT):.*$", re.MULTILINE)


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message, request id, the `facts` of a line that has some and, for errors, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _DETAIL.sub("DETAIL withheld", record.getMessage()),
            "request_id": getattr(record, "request_id", "") or request_id.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = _DETAIL.sub("DETAIL withheld", self.formatException(record.exc_info))
        return json.dumps(line)
