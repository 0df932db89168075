"""What only Microsoft's control interface serves: personal accounts, refresh tokens, calls at once."""

from __future__ import annotations

from typing import Any

from findr.sandbox.calendars.channels import Channels
from findr.sandbox.exchange import Misused, Request, given_fields
from findr.sandbox.microsoft.accounts import Accounts
from findr.sandbox.microsoft.limits import Concurrency
from findr.sandbox.microsoft.subscriptions import LIFECYCLE
from findr.sandbox.oauth.settings import Rotation
from findr.sandbox.vendor import ControlRoutes

PERSONAL: dict[str, type] = {"account": str}
ROTATION: dict[str, type] = {"old_stays": bool}
AT_ONCE: dict[str, Any] = {"most": (int, type(None))}


LIFE: dict[str, type] = {"account": str, "event": str}


def microsoft_routes(accounts: Accounts, concurrency: Concurrency, channels: Channels) -> ControlRoutes:
    """The routes below ``/__microsoft/``."""

    def personal(request: Request) -> Any:
        account = given_fields(request, PERSONAL, "personal").get("account")
        if not account:
            raise Misused("Say which account.")
        accounts.make_personal(account)
        return {"personal": accounts.personal()}

    def rotation(request: Request) -> Any:
        stays = given_fields(request, ROTATION, "rotation").get("old_stays", True)
        accounts.rotation = Rotation.KEEPS_OLD if stays else Rotation.RETIRES_OLD
        return {"rotation": accounts.rotation.value}

    def at_once(request: Request) -> Any:
        concurrency.most = given_fields(request, AT_ONCE, "at-once").get("most")
        return {"most": concurrency.most}

    def lifecycle(request: Request) -> Any:
        given = given_fields(request, LIFE, "lifecycle")
        if given.get("event") not in LIFECYCLE:
            raise Misused(f"An event is one of {', '.join(LIFECYCLE)}.")
        told = [one for one in channels.all() if one["account"] == given.get("account")]
        for channel in told:
            # What was removed is told of nothing else any more.
            left = channels.change(channel, calendar="") if given["event"] == "subscriptionRemoved" else channel
            channels.tell(left, given["event"])
        return {"told": [one["id"] for one in told]}

    return {
        ("POST", "lifecycle"): lifecycle,
        ("POST", "personal"): personal,
        ("POST", "rotation"): rotation,
        ("POST", "at-once"): at_once,
    }
