"""Log lines as JSON, one object a line, each with the id of the request that caused it. No personal data."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

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


def config(*, level: str) -> dict[str, Any]:
    """Django's `LOGGING`: one JSON line each, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Its warnings repeat paths as they came; findr.access has a line for each request.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
            # It writes addresses down with their query, where the tokens of sockets are.
            "uvicorn": {"level": "WARNING"},
            "uvicorn.error": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
            # At DEBUG these write down tokens, addresses and what was answered; Google's warnings repeat a 403 as it came.
            **{name: {"level": "WARNING"} for name in ("google_auth_httplib2", "msal", "requests_oauthlib", "urllib3")},
            "googleapiclient": {"level": "ERROR"},
        },
    }
