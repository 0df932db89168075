"""What the mails about a connected calendar say."""

from django.conf import settings

from calendars.models import CalendarConnection
from notifications.mail.letters import Letter, Link


def connected(connection: CalendarConnection) -> Letter:
    """Which account was connected to which practice: its owner may have been talked into it."""
    vendor = connection.get_vendor_display()
    return _letter(
        connection,
        f"{vendor} calendar connected to {connection.provider.practice_name}",
        f"The {vendor} calendar of {connection.account_email} was connected to {connection.provider.practice_name}"
        f"{_for_member(connection, ', for {}')}.",
        "findr reads from now on when that calendar is busy, and writes the visits that are booked into it.",
        "If this was not you, or if you do not want it, disconnect the calendar in the provider portal. You can also "
        f"take back findr's access in the settings of your {vendor} account.",
        why="You get this mail because a calendar of this address, or of your practice, was connected to findr.",
    )


def needs_reauth(connection: CalendarConnection) -> Letter:
    """Its grant has died."""
    vendor = connection.get_vendor_display()
    return _letter(
        connection,
        f"Connect the {vendor} calendar of {connection.provider.practice_name} again",
        f"findr cannot use the {vendor} calendar of {connection.account_email} any more"
        f"{_for_member(connection, ', which was connected for {}')}: the access that was given to it has ended.",
        "Until it is connected again, new bookings come in as requests that have to be answered, and visits are not "
        "written into the calendar.",
    )


def unreadable(connection: CalendarConnection) -> Letter:
    """It fails, and may get better by itself."""
    vendor = connection.get_vendor_display()
    return _letter(
        connection,
        f"The {vendor} calendar of {connection.provider.practice_name} could not be read",
        f"findr could not read the {vendor} calendar of {connection.account_email}"
        f"{_for_member(connection, ', which is connected for {}')}.",
        "While that lasts, new bookings come in as requests that have to be answered. findr keeps trying; there is "
        "nothing that you have to do, unless it does not get better by itself. How it stands, and how to connect it "
        "again, is in the provider portal.",
    )


def out_of_reach(connection: CalendarConnection, visits: tuple[tuple[str, str], ...]) -> Letter:
    """It is disconnected, and these visits to come (when, and which) still stand in it."""
    vendor = connection.get_vendor_display()
    return _letter(
        connection,
        f"Visits in the {vendor} calendar of {connection.provider.practice_name} that findr can change no more",
        f"The {vendor} calendar of {connection.account_email} is not connected any more"
        f"{_for_member(connection, '; it was connected for {}')}. These visits were written into it. If one of them is "
        "moved or called off, or should not be there, change it in the calendar by hand.",
        facts=visits,
    )


def changed_outside(connection: CalendarConnection, visits: tuple[tuple[str, str], ...]) -> Letter:
    """Somebody deleted or moved events of these visits to come (when, and which, and what was done) in the calendar itself."""
    vendor = connection.get_vendor_display()
    return _letter(
        connection,
        f"Visits changed by hand in the {vendor} calendar of {connection.provider.practice_name}",
        f"In the {vendor} calendar of {connection.account_email}{_for_member(connection, ', connected for {}')}, somebody "
        "changed events that stand for visits. The visits themselves are as before, and the patients expect them. To move a "
        "visit or to call it off, use the provider portal.",
        facts=visits,
    )


def _for_member(connection: CalendarConnection, words: str) -> str:
    return words.format(connection.member.name) if connection.member else ""


def _letter(
    connection: CalendarConnection,
    heading: str,
    *paragraphs: str,
    facts: tuple[tuple[str, str], ...] = (),
    why: str = "You get this mail because your practice takes bookings with findr.",
) -> Letter:
    return Letter(
        subject=heading,
        heading=heading,
        paragraphs=paragraphs,
        facts=facts,
        link=Link("Open the provider portal", f"{settings.PORTAL_URL}/calendar"),
        why=why,
    )
