"""Log lines as JSON, one object a line, each with the id of the request that caused it. No personal data."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")


# PostgreSQL's details of an error quote the row: names, addresses, reasons.
_DETAIL = re.compile(r"^.*\bDETAIL:.*$", re.MULTILINE)


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message, request id and, for errors, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _DETAIL.sub("DETAIL withheld", record.getMessage()),
            "request_id": request_id.get(),
        }
        if record.exc_info:
            line["traceback"] = _DETAIL.sub("DETAIL withheld", self.formatException(record.exc_info))
        return json.dumps(line)
