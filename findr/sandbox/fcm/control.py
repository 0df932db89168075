"""What the control interface serves about FCM, below ``/__fcm/``."""

from __future__ import annotations

from typing import Any

from findr.sandbox.exchange import Misused, Request, given_fields
from findr.sandbox.fcm.devices import Devices
from findr.sandbox.fcm.service_account import ServiceAccount
from findr.sandbox.limits import CallLimits
from findr.sandbox.vendor import ControlRoutes

DEVICE: dict[str, type] = {"address": str, "registered": bool, "project": str}
ACCOUNT: dict[str, type] = {"alive": bool}
QUOTA: dict[str, Any] = {"messages": (int, type(None)), "seconds": (int, float)}


def fcm_routes(devices: Devices, account: ServiceAccount, limits: CallLimits) -> ControlRoutes:
    """The routes; each takes and answers JSON."""

    def change(request: Request) -> Any:
        given = given_fields(request, DEVICE, "devices")
        if "address" not in given:
            raise Misused("Say which address.")
        return devices.change(given.pop("address"), **given)

    def set_alive(request: Request) -> Any:
        account.set_alive(alive=given_fields(request, ACCOUNT, "account").get("alive", True))
        return {"alive": account.is_alive}

    def set_quota(request: Request) -> Any:
        given = given_fields(request, QUOTA, "quota")
        limits.limit(account.project, given.get("messages"), given.get("seconds", 60))
        return given

    return {
        ("POST", "devices"): change,
        ("POST", "account"): set_alive,
        ("POST", "quota"): set_quota,
        ("GET", "messages"): lambda request: {"messages": devices.messages(request.asked("address"))},
        ("GET", "banners"): lambda request: {"banners": devices.banners(request.asked("address"))},
    }
