"""How often a password may be tried (contract 2.8). Each try is counted before it is judged.

A staff account cannot be locked for its owner by strangers: an address locks itself alone, all strange ones together slow
each other down, and an address that the owner came from is not held up by them.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from django.db.models import QuerySet

from findr import clock
from findr.accounts.models import AccountRole, KnownAddress, User
from findr.api import limits
from findr.errors import InvalidCredentials, RateLimited

logger = logging.getLogger(__name__)

LOCKED = "The account is locked for 30 minutes."
# How long an address from which staff signed in is theirs.
KNOWN_FOR = timedelta(days=30)


@contextmanager
def counted(*, email: str, role: AccountRole, address: str) -> Iterator[None]:
    """One try to sign in, which the block judges: `InvalidCredentials` keeps it counted, anything else does not.

    Raises:
        RateLimited: too many failures of the address, or at the account.
    """
    with ExitStack() as tries:
        failed = InvalidCredentials
        tries.enter_context(limits.trying("sign_in_failures_by_address", address, failure=failed))
        pair = f"{email}|{address}"
        if role != AccountRole.STAFF:
            tries.enter_context(limits.trying("sign_in_failures", pair, failure=failed))
        else:
            tries.enter_context(limits.trying("staff_sign_in_failures", pair, failure=failed, message=LOCKED))
            if not _is_known(email, address):
                _let_a_stranger_try(email, tries)
        yield


def _let_a_stranger_try(email: str, tries: ExitStack) -> None:
    limit = "staff_sign_in_failures_elsewhere"
    strangers = limits.trying(limit, email, failure=InvalidCredentials, when_full=lambda: _tell_staff(email))
    try:
        tries.enter_context(strangers)
    except RateLimited:
        tries.enter_context(limits.trying("staff_sign_in_trickle", email, failure=InvalidCredentials))


def _tell_staff(email: str) -> None:
    """The console's first page shows it."""
    for user in User.objects.filter(email=email, role=AccountRole.STAFF):
        logger.warning("Somebody is guessing at the password of staff account %s.", user.id)
        User.objects.filter(id=user.id).update(guessed_at=clock.now())


def guessed_lately() -> QuerySet[User]:
    """Staff accounts at whose password strangers guessed in the last day."""
    return User.objects.filter(guessed_at__gt=clock.now() - timedelta(days=1))


def _is_known(email: str, address: str) -> bool:
    """Asked alike for accounts that there are and accounts that there are not."""
    since = clock.now() - KNOWN_FOR
    return KnownAddress.objects.filter(user__email=email, address=address, signed_in_at__gt=since).exists()


def remember(user: User, address: str) -> None:
    """The account's owner signed in from here; addresses of long ago are forgotten."""
    now = clock.now()
    KnownAddress.objects.filter(user=user, signed_in_at__lte=now - KNOWN_FOR).delete()
    KnownAddress.objects.bulk_create(
        [KnownAddress(user=user, address=address, signed_in_at=now)],
        update_conflicts=True,
        unique_fields=["user", "address"],
        update_fields=["signed_in_at"],
    )
