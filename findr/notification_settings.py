"""The notifications' part of the settings: by which ways people are told, and how that is tried again."""

from findr.environment import env

# How a notification reaches people: a transport's name in `Delivery`, and its class (notifications/transports.py).
TRANSPORTS: dict[str, str] = {
    "push": "notifications.push.transport.PushTransport",
    "mail": "notifications.mail.transport.Mails",
}

# How long the centre keeps its entries, and staff what was sent of them.
NOTIFICATION_DAYS = env.int("NOTIFICATION_DAYS", default=180)
# Seconds: how long one run may own a message on its way, and how the next try is spaced.
DELIVERY_LEASE_SECONDS = env.float("DELIVERY_LEASE_SECONDS", default=30.0)
DELIVERY_RETRY_SECONDS = env.float("DELIVERY_RETRY_SECONDS", default=5.0)
DELIVERY_RETRY_CAP_SECONDS = env.float("DELIVERY_RETRY_CAP_SECONDS", default=600.0)
