"""The signed-in person and their calendars, as Graph shows them."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.calls import Asker, GraphCall
from findr.sandbox.microsoft.errors import GraphRefusal
from findr.sandbox.microsoft.mailbox import calendar_id
from findr.sandbox.microsoft.queries import chosen, page
from findr.sandbox.microsoft.schedules import schedule

USER = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)


def me(asker: Asker, call: GraphCall) -> Object:
    """The person (https://learn.microsoft.com/graph/api/user-get). A personal account has no ``mail``."""
    account = asker.mailbox.account
    name = account.partition("@")[0]
    person: Object = {**dict.fromkeys(USER), "businessPhones": [], "displayName": name, "givenName": name}
    person |= {"mail": None if asker.is_personal else account, "userPrincipalName": account}
    person["id"] = asker.person["oid"]
    return chosen(person, call.query.get("$select"))


def default_calendar(asker: Asker, call: GraphCall) -> Object:
    """The calendar that requests without an id are about."""
    return chosen(_shown(asker, asker.mailbox.default()), call.query.get("$select"))


def list_calendars(asker: Asker, call: GraphCall) -> Object:
    """All calendars, the default one first."""
    fields = call.query.get("$select")
    return page(call.url, call.asked, asker.mailbox.calendars(), lambda one: chosen(_shown(asker, one), fields))


def get_schedule(asker: Asker, call: GraphCall) -> Object:
    """Who is busy when. Personal accounts cannot ask."""
    if asker.is_personal:
        raise GraphRefusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    mailbox = asker.mailbox
    schedules = call.body["schedules"]
    return {"value": [schedule(mailbox.book, mailbox.account, one, call.body, call.zone) for one in schedules]}


def _shown(asker: Asker, calendar: Object) -> Object:
    owner = {"name": calendar["owner"].partition("@")[0], "address": calendar["owner"]}
    provider = "skypeForConsumer" if asker.is_personal else "teamsForBusiness"
    return {
        "id": calendar_id(calendar["calendar"]),
        "name": "Calendar" if calendar["primary"] else calendar["name"],
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": calendar["primary"],
        "changeKey": calendar_id(calendar["calendar"])[-12:],
        "canShare": not asker.is_personal,
        "canViewPrivateItems": True,
        "canEdit": calendar["can_write"],
        "isTallyingResponses": calendar["primary"],
        "isRemovable": not calendar["primary"],
        "allowedOnlineMeetingProviders": [provider],
        "defaultOnlineMeetingProvider": provider,
        "owner": owner,
    }
