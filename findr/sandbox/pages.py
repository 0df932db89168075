"""Pages that people meet in a browser on the way: a bank's, or a vendor's consent page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from findr.sandbox.exchange import Answer

FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem; color: #1f2937 }}
button {{ font: inherit; padding: .6rem 1rem; margin: .5rem .5rem 0 0; border: 1px solid #9ca3af; border-radius: .4rem }}
button.yes {{ background: #1d4ed8; border-color: #1d4ed8; color: #fff }}
label {{ display: block }}
small {{ color: #4b5563 }}
</style></head>
<body><main><h1>{title}</h1>
{content}
</main></body></html>
"""


def html_page(status: int, title: str, content: str) -> Answer:
    """A page; the content is HTML, the title is not."""
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status, FRAME.format(title=escape(title), content=content).encode(), headers)


def redirect(address: str, told: Mapping[str, str]) -> Answer:
    """Send the browser there, with more in the address's query."""
    page, mark, fragment = address.partition("#")
    url = f"{page}{'&' if '?' in page else '?'}{urlencode(told)}{mark}{fragment}"
    return Answer(303, b"", {"Location": url, "Content-Type": "text/plain"})
