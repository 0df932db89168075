"""Firebase Cloud Messaging, HTTP v1. The one module that imports its SDK.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages - ttl, collapse keys, priorities
https://firebase.google.com/docs/cloud-messaging/error-codes - what each error means, and what to do about it

Two habits of the SDK are switched off through its private parts, so pyproject.toml holds it at 7.7 and google-auth at 2.62,
and tests notice if either comes back: it posts a message up to five times by itself, and it asks iamcredentials.googleapis.com
in the background where the account's region is.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import Any

import firebase_admin
from django.conf import settings
from firebase_admin import credentials, exceptions, messaging
from google.auth.exceptions import GoogleAuthError, RefreshError
from requests.adapters import HTTPAdapter

from findr.vendors.answers import seconds_to_wait, word
from findr.vendors.calls import VendorCalls
from findr.vendors.errors import VendorError
from notifications.push.message import (
    AccountRefused,
    DeviceGone,
    PushError,
    PushLater,
    PushMessage,
    PushRefused,
)

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
CHANNEL = "booking_updates"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
# How long FCM wants to be left alone where it does not say so.
QUOTA_SECONDS = 60.0

_calls = VendorCalls("FCM")
_apps: dict[tuple[Any, ...], firebase_admin.App] = {}
_making = Lock()


def is_configured() -> bool:
    """Whether there is a service account to send with (contract 22)."""
    return bool(settings.FIREBASE_PROJECT_ID)


def send(message: PushMessage, *, seconds: float) -> str:
    """Send one message, within `seconds` of wall clock; FCM's name of it.

    Raises:
        PushError: DeviceGone, PushRefused, AccountRefused or PushLater.
    """
    try:
        return _calls.within(seconds, partial(_send, message))
    except PushError:
        raise
    except VendorError as error:  # The time is up.
        raise PushLater(str(error)) from None


def send_each(messages: Sequence[PushMessage], *, seconds: float) -> Iterator[dict[int, str | Exception]]:
    """Send them all at once, within `seconds` altogether. By the messages' places, as FCM answers, some at a time: its name
    of the message, or as what `send` would have failed.
    """
    for answers in _calls.each_within(seconds, [partial(_send, message) for message in messages]):
        yield {place: _late(answer) for place, answer in answers.items()}


def _late(answer: str | Exception) -> str | Exception:
    """The answer; that there was none in time, in our words."""
    is_late = isinstance(answer, VendorError) and not isinstance(answer, PushError)
    return PushLater(str(answer)) if is_late else answer


def _send(message: PushMessage) -> str:
    try:
        return str(messaging.send(_wire(message), app=_app()))
    except exceptions.FirebaseError as error:
        raise _refusal(error) from None
    except RefreshError as error:
        kind = PushLater if error.retryable else AccountRefused
        raise kind(f"FCM's token endpoint refused our account: {_reason(error)}".rstrip(": ")) from None
    except (GoogleAuthError, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise PushLater(f"FCM's answer makes no sense: {type(error).__name__}") from None


def _reason(error: RefreshError) -> str:
    """The token endpoint's own word, such as `invalid_grant`."""
    return word(error.args[1].get("error")) if len(error.args) > 1 and isinstance(error.args[1], dict) else ""


# --- The message ------------------------------------------------------------------------------------------------------
def _wire(message: PushMessage) -> messaging.Message:
    """Contract 14.3, to the letter."""
    sent = messaging.Message(
        notification=messaging.Notification(title=message.title, body=message.body),
        data=message.data,
        android=messaging.AndroidConfig(
            priority="high",
            collapse_key=message.collapse_id,
            ttl=message.ttl,
            notification=messaging.AndroidNotification(channel_id=CHANNEL, sound="default"),
        ),
        apns=messaging.APNSConfig(
            headers={"apns-priority": "10", "apns-collapse-id": message.collapse_id},
            payload=messaging.APNSPayload(
                messaging.Aps(sound="default", badge=message.badge, content_available=True),
            ),
        ),
    )
    if message.is_installation:
        sent.fid = message.address
    else:
        sent.token = message.address  # Set here, since naming it above warns: FCM takes tokens for the time being.
    return sent


# --- What went wrong --------------------------------------------------------------------------------------------------
def _refusal(error: exceptions.FirebaseError) -> PushError:
    """The error in our words; what is not known to be final may work later."""
    said = f"FCM answered {_code(error)}"
    if isinstance(error, messaging.UnregisteredError) or _blames_address(error):
        return DeviceGone(said)
    kinds: list[tuple[type[exceptions.FirebaseError], Callable[[], PushError]]] = [
        # Another project's device: perhaps it is our project that is the wrong one, so the device is kept.
        (messaging.SenderIdMismatchError, lambda: PushRefused(said)),
        (exceptions.InvalidArgumentError, lambda: PushRefused(said)),
        (exceptions.UnauthenticatedError, lambda: AccountRefused(said)),
        (exceptions.PermissionDeniedError, lambda: AccountRefused(said)),
        # No such project.
        (exceptions.NotFoundError, lambda: AccountRefused(said)),
        (exceptions.ResourceExhaustedError, lambda: PushLater(said, retry_after=_wait(error, QUOTA_SECONDS))),
    ]
    for kind, refusal in kinds:
        if isinstance(error, kind):
            return refusal()
    return PushLater(said, retry_after=_wait(error, None))


def _wait(error: exceptions.FirebaseError, default: float | None) -> float | None:
    header = error.http_response.headers.get("Retry-After") if error.http_response is not None else None
    return default if header is None else seconds_to_wait(header)


def _code(error: exceptions.FirebaseError) -> str:
    status = "nothing" if error.http_response is None else str(error.http_response.status_code)
    return f"{status} {word(error.code)} {type(error).__name__}"


def _blames_address(error: exceptions.FirebaseError) -> bool:
    """Whether a 400 is about the token itself: then no message will ever reach it."""
    if not isinstance(error, exceptions.InvalidArgumentError) or error.http_response is None:
        return False
    try:
        details = error.http_response.json()["error"].get("details", [])
        fields = [one["field"] for detail in details for one in detail.get("fieldViolations", [])]
    except (LookupError, TypeError, ValueError, AttributeError):
        return False
    return bool({"message.token", "message.fid"}.intersection(fields)) or "registration token is not" in str(error)


# --- The SDK ----------------------------------------------------------------------------------------------------------
def _app() -> firebase_admin.App:
    """The SDK's app for the settings as they are, made once: its threads share the connections and the access token."""
    key = (
        settings.FIREBASE_PROJECT_ID,
        settings.FIREBASE_CLIENT_EMAIL,
        settings.FIREBASE_PRIVATE_KEY,
        settings.FIREBASE_BASE,
        settings.PUSH_CALL_SECONDS,
    )
    with _making:
        if key not in _apps:
            _apps[key] = _new_app(f"findr-{len(_apps)}")
        return _apps[key]


def _new_app(name: str) -> firebase_admin.App:
    account = {
        "type": "service_account",
        "project_id": settings.FIREBASE_PROJECT_ID,
        "client_email": settings.FIREBASE_CLIENT_EMAIL,
        "private_key": settings.FIREBASE_PRIVATE_KEY,
        "token_uri": f"{settings.FIREBASE_BASE}/token" if settings.FIREBASE_BASE else TOKEN_URI,
    }
    app = firebase_admin.initialize_app(
        _ClosedCertificate(account), {"httpTimeout": settings.PUSH_CALL_SECONDS}, name=name
    )
    service = messaging._get_messaging_service(app)
    if settings.FIREBASE_BASE:
        service._fcm_url = f"{settings.FIREBASE_BASE}/v1/projects/{settings.FIREBASE_PROJECT_ID}/messages:send"
    # One attempt: whoever owes the message tries again, and knows when.
    once = HTTPAdapter(pool_maxsize=settings.VENDOR_CALLS_AT_ONCE, max_retries=0)
    for scheme in ("https://fcm.googleapis.com", "https://", "http://"):
        service._client.session.mount(scheme, once)
    return app


class _ClosedCertificate(credentials.Certificate):  # type: ignore[misc]  # The SDK is not typed.
    """A service account that asks nobody where its region is."""

    def __init__(self, account: dict[str, str]) -> None:
        super().__init__(account)
        self._g_credential._is_regional_access_boundary_lookup_required = lambda: False
