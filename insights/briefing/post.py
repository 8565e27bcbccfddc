"""Handing a mail to the server, and what went wrong in words that give no secret away."""

from __future__ import annotations

import contextlib
import smtplib
import ssl

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

FAULTS = (smtplib.SMTPException, OSError, ValueError)


class Post:
    """The way out for the mails of one run, a connection for each.

    When the server cannot be reached at all, the rest of the run is spared the wait.
    """

    def __init__(self) -> None:
        self.down = ""  # why nothing can be sent, a sentence

    def send(self, mail: EmailMessage) -> str:
        """Send it: "" when the server took it, else a sentence on why it did not."""
        if self.down:
            return self.down
        connection = get_connection()
        try:
            connection.open()
        except FAULTS as error:
            self.down = sentence(error)
            with contextlib.suppress(*FAULTS):
                connection.close()
            return self.down
        try:
            connection.send_messages([mail])
        except FAULTS as error:
            return sentence(error)
        finally:
            with contextlib.suppress(*FAULTS):
                connection.close()
        return ""


def sentence(error: Exception) -> str:
    """Why a mail was not taken. The server's own words may hold anything and are left out."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return f"The mail server refused the address ({code})."
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"The mail server refused the sender of BRIEFING_FROM ({error.smtp_code})."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The mail server refused the login of EMAIL_URL ({error.smtp_code})."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server does not offer what EMAIL_URL or the address asks of it."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server did not take the mail ({error.smtp_code})."
    if isinstance(error, smtplib.SMTPException):
        return "The mail server broke off the connection."
    if isinstance(error, ssl.SSLError):
        return "There is no safe connection to the mail server: see its certificate and EMAIL_URL."
    if isinstance(error, TimeoutError):
        return f"The mail server did not answer within {settings.EMAIL_TIMEOUT} s."
    if isinstance(error, OSError):
        return "The mail server cannot be reached."
    return "The person's address or BRIEFING_FROM is no e-mail address."
