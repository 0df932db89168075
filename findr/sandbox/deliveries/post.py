"""One HTTP/1.1 POST on the event loop, so that a slow receiver holds up nobody."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

EXCERPT = 500


class NoAnswer(Exception):
    """The receiver could not be reached or did not answer in time; the text says which."""


async def post(url: str, body: bytes, headers: dict[str, str], seconds: float) -> tuple[int, str]:
    """The answer's status and the beginning of its body; NoAnswer if there is none."""
    try:
        return await asyncio.wait_for(_post(url, body, headers), seconds)
    except TimeoutError:
        raise NoAnswer("timed out") from None
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None


async def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = {"Host": parts.netloc, **headers, "Content-Length": str(len(body)), "Connection": "close"}
        head = "\r\n".join([f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""])
        writer.write(head.encode("latin-1") + body)
        await writer.drain()
        start, *answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        named = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in answered)}
        size = min(int(named.get("content-length", "0")), EXCERPT)
        said = await reader.readexactly(size) if size else b""
        return int(start.split(" ")[1]), said.decode("utf-8", "replace")
    finally:
        writer.close()
