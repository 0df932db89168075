"""Lists, newest first (https://docs.stripe.com/api/pagination)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import dropwhile, islice, takewhile
from typing import Any

from findr.sandbox.ledger import Object
from findr.sandbox.routes import Check
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.errors import bad_parameter
from findr.sandbox.stripe.forms import Form, group, integer, listing, text


def _created(name: str, value: Any) -> Form:
    if isinstance(value, dict):
        return dict(group(gt=integer(), gte=integer(), lt=integer(), lte=integer())(name, value))
    moment = integer()(name, value)
    return {"gte": moment, "lte": moment}


PAGE: dict[str, Check] = {
    "limit": integer(1, 100),
    "starting_after": text,
    "ending_before": text,
    "expand": listing(),
}
PAGE_BY_TIME: dict[str, Check] = {**PAGE, "created": _created}


def _any(_thing: Object) -> bool:
    return True


def page(
    account: Account, kind: str, url: str, params: Form, only: Callable[[Object], bool] = _any, **wanted: str
) -> Object:
    """One page of a kind of objects, newest first; ``only`` those it says yes to."""
    if "starting_after" in params and "ending_before" in params:
        raise bad_parameter("You may only specify one of these parameters: starting_after, ending_before.")
    for param in ("starting_after", "ending_before"):
        if param in params:
            account.given(kind, params[param], param)
    window = params.get("created", {})
    found = (
        thing
        for thing in account.ledger.newest_first(kind, **wanted)
        if not thing.get("deleted") and only(thing) and (not window or _within(thing["created"], window))
    )
    chosen, more = _cut(found, params)
    return {"object": "list", "data": [account.as_of_now(thing) for thing in chosen], "has_more": more, "url": url}


def _cut(found: Iterator[Object], params: Form) -> tuple[list[Object], bool]:
    """The page around the cursor, and whether there is more in that direction."""
    limit = params.get("limit", 10)
    if "ending_before" in params:
        before = list(takewhile(lambda thing: thing["id"] != params["ending_before"], found))
        return before[-limit:], len(before) > limit
    if "starting_after" in params:
        found = islice(dropwhile(lambda thing: thing["id"] != params["starting_after"], found), 1, None)
    after = list(islice(found, limit + 1))
    return after[:limit], len(after) > limit


def _within(moment: int, window: Form) -> bool:
    return bool(
        window.get("gt", moment - 1) < moment < window.get("lt", moment + 1)
        and window.get("gte", moment) <= moment <= window.get("lte", moment)
    )  # fmt: skip
