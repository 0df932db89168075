"""Mail servers that misbehave."""

import smtplib

from django.core.mail.backends.base import BaseEmailBackend


class OutOfOrder(BaseEmailBackend):
    """It takes nothing."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPServerDisconnected
