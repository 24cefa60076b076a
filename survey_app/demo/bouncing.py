"""Mails that come back, as mail servers send them (RFC 3464)."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText


def send_bounce(bounces: str, return_path: str, recipient: str, status: str) -> None:
    """Send a mail back, as mail servers do; `bounces` is HOST:PORT of whoever takes them in."""
    host, _, port = bounces.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=5) as server:
        server.sendmail("", [return_path], delivery_status(return_path, recipient, status).as_bytes())


def delivery_status(return_path: str, recipient: str, status: str) -> MIMEMultipart:
    """A mail that says that a mail could not be delivered."""
    mail: MIMEMultipart = MIMEMultipart("report", report_type="delivery-status")
    mail["From"], mail["To"] = "MAILER-DAEMON@sim.example.org", return_path
    mail["Subject"], mail["Auto-Submitted"] = "Undelivered Mail Returned to Sender", "auto-replied"
    mail.attach(MIMEText("This is the demo's mail server. Your mail could not be delivered."))
    about, one = EmailMessage(), EmailMessage()
    about["Reporting-MTA"] = "dns; sim.example.org"
    one["Final-Recipient"], one["Action"], one["Status"] = f"rfc822; {recipient}", "failed", status
    report = MIMEBase("message", "delivery-status")
    report.set_payload([about, one])
    mail.attach(report)
    return mail
