"""`manage.py watch_feed --as pat@example.test`: a person's live feed, one JSON line for each frame, until Ctrl-C.

For support. It hears what a socket of theirs would hear, by the same means, without a web process and without a token.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from findr import emails
from findr.accounts.models import AccountRole, User
from notifications.realtime.follower import Follower
from notifications.realtime.hub import Hub
from notifications.realtime.outbox import Outbox
from notifications.realtime.positions import beginning_of, behind
from notifications.realtime.threads import in_thread
from providers.models import Provider


class Command(BaseCommand):
    help = "Print the live feed of a patient or a practice, by the e-mail address of the account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="email", required=True, help="the account's e-mail address")
        parser.add_argument("--since", help="begin after this number, as a client that comes back does")
        parser.add_argument("--events", type=int, default=0, help="end after so many events; 0: never")

    def handle(self, *args: Any, **options: Any) -> None:
        recipient = _recipient_of(options["email"])
        with suppress(KeyboardInterrupt):
            asyncio.run(self._watch(recipient, options["since"], options["events"]))

    async def _watch(self, recipient: UUID, since: str | None, events: int) -> None:
        seen, over = 0, asyncio.Event()

        async def write(text: str) -> None:
            nonlocal seen
            self.stdout.write(text)
            self.stdout.flush()
            seen += "seq" in json.loads(text)
            if events and seen >= events:
                over.set()

        hub, follower = Hub(), Follower(recipient, Outbox(write, over.set))
        await hub.join(follower)
        follower.begin(await in_thread(beginning_of, recipient, since))
        while not over.is_set():
            hub.hear_of(await in_thread(behind, hub.positions()))
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), settings.SOCKET_LOOK_SECONDS)


def _recipient_of(email: str) -> UUID:
    user = User.objects.filter(email=emails.as_typed(email)).first()
    if user is None:
        raise CommandError(f"Nobody has the address {email}.")
    if user.role == AccountRole.PATIENT:
        return user.id
    practice = Provider.objects.filter(account=user).values_list("id", flat=True).first()
    if practice is None:
        raise CommandError(f"{email} has no feed: it is neither a patient's nor a practice's.")
    return practice
