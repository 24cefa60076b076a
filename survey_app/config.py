"""The settings: one table that drives parsing, `.env.example` and the documentation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from email_validator import EmailNotValidError, validate_email

from dashboards.suppression.terms import SMALLEST_GROUP_SIZE
from survey_app.logs import FORMATS, TEXT

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class InvalidSetting(Exception):
    """A setting that is missing or cannot be used. The sentence names it and the remedy."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"The setting {name} {problem}.")


def _text(value: str) -> str:
    return value


def _folder(value: str) -> Path:
    return Path(value).resolve()


def _database_url(value: str) -> str:
    if not re.match(r"(sqlite:///|postgresql(\+psycopg)?://).+", value):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return re.sub(r"^postgresql://", "postgresql+psycopg://", value)


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must start with redis://, rediss:// or unix://")
    return value


def _secret(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters; `pulse init` makes one")
    return value


def _field_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    try:
        for key in keys:
            Fernet(key)
    except ValueError as error:
        raise ValueError("must be a list of keys as `pulse init` makes them, the newest first") from error
    return keys


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as https://pulse.example.gov.uk")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError("must use https, except on this machine itself")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    """As the provider writes it, to the last stroke: it is compared with what tokens say."""
    _base_url(value)
    return value


def _smtp_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or not _has_good_port(parts):
        raise ValueError("must be an address such as smtp://user:password@mail.example.gov.uk:587")
    return value


def _has_good_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _loopback_url(value: str) -> str:
    if urlsplit(value).hostname not in LOOPBACK_HOSTS:
        raise ValueError("may point at this machine only; leave it empty for Twilio itself")
    return value.rstrip("/")


def _group_size(value: str) -> int:
    if not value.isdigit() or int(value) < SMALLEST_GROUP_SIZE:
        raise ValueError(f"must be a whole number of {SMALLEST_GROUP_SIZE} or more")
    return int(value)


def _port(value: str) -> int:
    if not value.isdigit() or not 0 < int(value) < 65_536:
        raise ValueError("must be a number from 1 to 65535")
    return int(value)


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host:
        raise ValueError("must be written HOST:PORT, such as 127.0.0.1:2526")
    _port(port)
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("must be a time zone such as Europe/London") from error
    return value


def _email(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError("must be one email address, such as pulse@example.org") from error


def _countries(value: str) -> frozenset[str]:
    codes = frozenset(code.strip().upper() for code in value.split(","))
    if not all(re.fullmatch("[A-Z]{2}", code) for code in codes):
        raise ValueError("must be two-letter codes of countries, such as GB,JE,GG,IM")
    return codes


def _whole_number(value: str, fewest: int, most: int) -> int:
    if not value.isdigit() or not fewest <= int(value) <= most:
        raise ValueError(f"must be a whole number from {fewest} to {most}")
    return int(value)


_SHORTEST_METRICS_KEY = 16


def _metrics_key(value: str) -> str:
    if value and len(value) < _SHORTEST_METRICS_KEY:
        raise ValueError(f"must have {_SHORTEST_METRICS_KEY} characters or more")
    return value


def _proxies(value: str) -> int:
    return _whole_number(value, 0, 5)


def _log_format(value: str) -> str:
    if value not in FORMATS:
        raise ValueError(f"must be one of {', '.join(FORMATS)}")
    return value


def _days(value: str) -> int:
    return _whole_number(value, 7, 3650)


def _months(value: str) -> int:
    return _whole_number(value, 3, 240)


def _yes_or_no(value: str) -> bool:
    if value.lower() not in {"1", "0", "yes", "no", "true", "false"}:
        raise ValueError("must be yes or no")
    return value.lower() in {"1", "yes", "true"}


@dataclass(frozen=True)
class Setting:
    """One setting: its name in the environment, how it is read, its default as text, and what it is for."""

    name: str
    read: Callable[[str], Any]  # Any: each setting has a type of its own, stated in Settings
    default: str | None
    purpose: str


SETTINGS: tuple[Setting, ...] = (
    Setting("DATA_DIR", Path, "instance", "Folder for the embedded database, the keys and the demo's mailbox."),
    Setting(
        "ESCROW_DIR",
        _folder,
        "",
        "Folder for sealed copies of wave keys: another disk than DATA_DIR, in no backup. Empty: in DATA_DIR.",
    ),
    Setting("HOST", _text, "127.0.0.1", "Address that the web server listens on."),
    Setting("PORT", _port, "8000", "Port that the web server listens on."),
    Setting(
        "TRUSTED_PROXIES",
        _proxies,
        "0",
        "Proxies in front that add to X-Forwarded-For: tries to sign in are counted for the address behind them.",
    ),
    Setting("DATABASE_URL", _database_url, "", "SQLite or PostgreSQL. Empty: SQLite in DATA_DIR."),
    Setting("REDIS_URL", _redis_url, "", "Redis or Valkey. Empty: `pulse up` starts a broker of its own."),
    Setting(
        "SECRET_KEY",
        _secret,
        None,
        "Links, sign-in and address look-ups depend on it. Kept out of the database.",
    ),
    Setting("FIELD_KEY", _field_keys, None, "Encrypts contact details: a list for rotation, the newest first."),
    Setting(
        "PUBLIC_BASE_URL",
        _base_url,
        "",
        "Address that links in messages begin with. Empty: http://HOST:PORT.",
    ),
    Setting("MAIL_SENDER", _text, "Crescendo Pulse <pulse@example.org>", "Sender of every email."),
    Setting("CONTACT_EMAIL", _email, "", "Whom staff may ask for a link; posters need it. Shown to everybody."),
    Setting("SMTP_URL", _smtp_url, "", "Mail server. Empty: no email is sent."),
    Setting(
        "BOUNCE_LISTEN",
        _host_and_port,
        "",
        "HOST:PORT where mails that came back are passed on to. Empty: `pulse bounces take-in` alone.",
    ),
    Setting("TWILIO_ACCOUNT_SID", _text, "", "Twilio account. Empty: no text is sent."),
    Setting("TWILIO_AUTH_TOKEN", _text, "", "Twilio's token of that account."),
    Setting("TWILIO_MESSAGING_SERVICE_SID", _text, "", "Twilio messaging service that texts are sent from."),
    Setting(
        "TWILIO_BASE_URL",
        _loopback_url,
        "",
        "Only for tests and the demo: a Twilio-shaped peer on this machine.",
    ),
    Setting(
        "MINIMUM_GROUP_SIZE",
        _group_size,
        str(SMALLEST_GROUP_SIZE),
        "Fewest people a figure may rest on. It may be raised only.",
    ),
    Setting("DEFAULT_TIME_ZONE", _time_zone, "Europe/London", "Time zone of authorities that name none."),
    Setting(
        "MOBILE_COUNTRIES",
        _countries,
        "GB,JE,GG,IM",
        "Countries whose mobile numbers a roster may hold; texts to others cost more.",
    ),
    Setting(
        "RESEND_WHEN_ABSENT",
        _yes_or_no,
        "no",
        "Sends texts again that Twilio says twice it does not have: see first whether its list is fresh.",
    ),
    Setting("OIDC_NAME", _text, "your organisation’s account", "What the button says after “Sign in with”."),
    Setting("OIDC_ISSUER", _issuer, "", "Address of an OpenID Connect provider, with its tenant. Empty: none."),
    Setting("OIDC_CLIENT_ID", _text, "", "This installation's id with that provider."),
    Setting("OIDC_CLIENT_SECRET", _text, "", "And its secret."),
    Setting(
        "OIDC_TENANT", _text, "", "The one tenant (`tid`) whose people may sign in, where the provider has several."
    ),
    Setting(
        "OIDC_SECOND_STEP",
        _text,
        "",
        "What `acr`, `amr` or `acrs` says where the provider took a second step. Empty: an app of ours is asked.",
    ),
    Setting("KEEP_CONTACTS_DAYS", _days, "90", "Days that contact details are kept after somebody has left."),
    Setting("KEEP_INVITATIONS_DAYS", _days, "30", "Days that invitations and messages are kept after a wave closed."),
    Setting("KEEP_ANSWERS_MONTHS", _months, "24", "Months that answers, by block, and comments are kept."),
    Setting("LOG_FORMAT", _log_format, TEXT, "How processes log: text for people, or json for programs, a line each."),
    Setting("METRICS_KEY", _metrics_key, "", "Bearer key of /metrics, 16 characters or more. Empty: there is none."),
    Setting("DEMO", _yes_or_no, "no", "Opens /demo/outbox and the demo's sign-in list. Never in production."),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one process, checked. Secrets stay out of its printed form."""

    data_dir: Path
    escrow_dir: Path
    host: str
    port: int
    trusted_proxies: int
    database_url: str
    redis_url: str
    secret_key: str = field(repr=False)
    field_key: tuple[str, ...] = field(repr=False)
    public_base_url: str
    mail_sender: str
    contact_email: str
    smtp_url: str = field(repr=False)
    bounce_listen: str
    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    twilio_messaging_service_sid: str
    twilio_base_url: str
    minimum_group_size: int
    default_time_zone: str
    mobile_countries: frozenset[str]
    resend_when_absent: bool
    oidc_name: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    oidc_tenant: str
    oidc_second_step: str
    keep_contacts_days: int
    keep_invitations_days: int
    keep_answers_months: int
    log_format: str
    metrics_key: str = field(repr=False)
    demo: bool

    @property
    def keys_dir(self) -> Path:
        """Where key files are kept: outside the database and outside backups of it."""
        return self.data_dir / "keys"

    @property
    def has_embedded_database(self) -> bool:
        """Whether the database is our own file in DATA_DIR, and not one that somebody named."""
        return self.database_url == embedded_database_url(self.data_dir)

    @property
    def mailbox_dir(self) -> Path:
        """Where the demo's mail server and text peer keep what they received."""
        return self.data_dir / "demo-mailbox"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read every setting from the environment, and the two secrets from DATA_DIR/keys where it has none.

    Raises
    ------
    InvalidSetting
        One is missing or wrong; the message names it and the remedy.
    """
    data_dir = Path(environ.get("DATA_DIR") or "instance").resolve()
    values = {setting.name.lower(): _read(setting, environ, data_dir) for setting in SETTINGS}
    values["data_dir"] = data_dir
    values["escrow_dir"] = values["escrow_dir"] or data_dir / "escrow"
    values["database_url"] = values["database_url"] or embedded_database_url(data_dir)
    values["public_base_url"] = values["public_base_url"] or f"http://{values['host']}:{values['port']}"
    return Settings(**values)


def embedded_database_url(data_dir: Path) -> str:
    """Where the database is when nobody names one."""
    return f"sqlite:///{data_dir / 'pulse.sqlite'}"


def _read(setting: Setting, environ: Mapping[str, str], data_dir: Path) -> Any:  # Any: as Setting.read
    raw = environ.get(setting.name, "").strip()
    if not raw and setting.default is None:
        raw = _read_key_file(data_dir / "keys" / setting.name.lower())
        if not raw:
            raise InvalidSetting(setting.name, "is missing: set it, or run `pulse init` to make one")
    raw = raw or setting.default or ""
    if not raw:
        return ""
    try:
        return setting.read(raw)
    except ValueError as error:
        raise InvalidSetting(setting.name, str(error)) from error


def _read_key_file(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InvalidSetting(path.name.upper(), f"cannot be read from {path}: {error.strerror}") from error


def environment_example() -> str:
    """The text of `.env.example`."""
    head = "# Settings of Crescendo Pulse. Copy to .env and change what differs; an empty value means its default.\n"
    lines = [f"# {setting.purpose}\n{setting.name}={setting.default or ''}\n" for setting in SETTINGS]
    return "\n".join([head, *lines])
