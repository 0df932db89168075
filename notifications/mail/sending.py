"""The one door through which mails leave: Django's mail backends, and the mail services of django-anymail behind them.

How each fails is turned into ours here, without an address or a text in it: what is said of a failure is logged.
"""

import smtplib
from collections.abc import Callable, Iterator, Sequence
from email.utils import parseaddr
from functools import cache, partial

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import BadHeaderError

from findr.vendors.calls import VendorCalls
from findr.vendors.errors import VendorError
from notifications.mail.letters import Letter
from notifications.mail.rendering import message_of

# Its own key is refused, or its own limit reached: the operator's to mend, and nothing is wrong with the mail.
_OURS_TO_MEND = {401, 402, 403, 408, 429}


class MailError(VendorError):
    """A mail was not taken.

    Args:
        code: why, in a word.
        is_address: there is no such mailbox: it is of no use to write to it again.
    """

    def __init__(self, code: str, *, retryable: bool, is_address: bool = False) -> None:
        super().__init__(code, retryable=retryable)
        self.code = code
        self.is_address = is_address


def send(letter: Letter, *, to: str, message_id: str) -> str:
    """Hand a letter to the mail service, and wait for its answer.

    Args:
        message_id: as of `message_of`.

    Returns:
        The service's own name of it, by which it reports a bounce; else the message id.

    Raises:
        MailError
    """
    (answer,) = (answers[0] for answers in send_each([write(letter, to=to, message_id=message_id)]))
    if isinstance(answer, MailError):
        raise answer
    return answer


def write(letter: Letter, *, to: str, message_id: str) -> EmailMultiAlternatives:
    """The mail of a letter, as `send_each` takes it.

    Raises:
        MailError: it cannot be written.
    """
    try:
        return message_of(letter, to=to, message_id=message_id)
    except Exception as error:
        raise _ours(error) from None


def send_each(messages: Sequence[EmailMultiAlternatives]) -> Iterator[dict[int, str | MailError]]:
    """Hand over many at the same time: by their places, as the service answers, some at a time, what `send` returns or raises."""
    calls = [partial(_handed_over, message) for message in messages]
    for answers in _calls().each_within(settings.MAIL_CALL_SECONDS, calls):
        yield {place: answer if isinstance(answer, str) else _ours(answer) for place, answer in answers.items()}


def sender_domain() -> str:
    """The domain whose mails these are; their ids end in it."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


@cache
def _calls() -> VendorCalls:
    return VendorCalls("Mail")


def _handed_over(message: EmailMultiAlternatives) -> str:
    message.send()
    status = getattr(message, "anymail_status", None)
    named = getattr(status, "message_id", None)
    return named if isinstance(named, str) else message.extra_headers["Message-ID"].strip("<>")


def _ours(error: Exception) -> MailError:
    """Without a word of theirs, which quote the mail and its address."""
    for kind, translate in _TRANSLATIONS:
        if isinstance(error, kind):
            return translate(error)
    return MailError(type(error).__name__, retryable=True)


def _recipient_refused(error: smtplib.SMTPRecipientsRefused) -> MailError:
    """A 5yz is for good, a 4yz for now; an enhanced code 5.7 is about us and not about the mailbox.

    https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1, https://www.rfc-editor.org/rfc/rfc3463
    """
    ((code, text),) = error.recipients.values()
    if code < 500:
        return MailError("deferred", retryable=True)
    if bytes(text).startswith(b"5.7"):
        return MailError("refused", retryable=False)
    return MailError("recipient_refused", retryable=False, is_address=True)


def _data_refused(error: smtplib.SMTPDataError) -> MailError:
    return MailError(f"smtp_{error.smtp_code}", retryable=error.smtp_code < 500)


def _api_refused(error: AnymailAPIError) -> MailError:
    status = error.status_code
    if status is None:
        return MailError("no_answer", retryable=True)
    return MailError(f"http_{status}", retryable=status >= 500 or status in _OURS_TO_MEND)


# The first that fits. What is not here (a connection, the greeting, our own sign-in) may work later.
_TRANSLATIONS: list[tuple[type[Exception], Callable[..., MailError]]] = [
    (VendorError, lambda _: MailError("no_answer", retryable=True)),  # Its time is up.
    (smtplib.SMTPRecipientsRefused, _recipient_refused),
    (smtplib.SMTPDataError, _data_refused),
    (AnymailRecipientsRefused, lambda _: MailError("recipient_refused", retryable=False, is_address=True)),
    (AnymailAPIError, _api_refused),
    (AnymailError, lambda _: MailError("cannot_be_written", retryable=False)),
    (BadHeaderError, lambda _: MailError("cannot_be_written", retryable=False)),
    (UnicodeError, lambda _: MailError("cannot_be_written", retryable=False)),
    (OSError, lambda _: MailError("no_answer", retryable=True)),
]
