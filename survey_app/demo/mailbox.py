"""What the demo's peers received, kept as files: emails in a Maildir, texts a line each."""

from __future__ import annotations

import json
import mailbox
import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

_LINK = re.compile(r"(https?://\S+)")
_NAME = re.compile(r"^[A-Za-z0-9_.,=:-]+$")


@dataclass(frozen=True)
class Part:
    """A stretch of text, or a link in it."""

    text: str
    is_link: bool


@dataclass(frozen=True)
class Letter:
    """An email that was received, by the attempt that sent it."""

    name: str
    attempt: str
    to: str
    subject: str
    parts: tuple[Part, ...]
    html: str

    @property
    def is_sign_in(self) -> bool:
        """Whether it holds a link to sign in with."""
        return any(part.is_link and "/sign-in/" in part.text for part in self.parts)


@dataclass(frozen=True)
class ReceivedText:
    """A text that was received."""

    sid: str
    to: str
    parts: tuple[Part, ...]


def list_letters(folder: Path) -> list[Letter]:
    """Every email, newest first."""
    received = sorted((folder / "letters" / "new").glob("*"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [_letter(path) for path in reversed(received)]


def read_letter(folder: Path, name: str) -> Letter | None:
    """One email by its name."""
    path = folder / "letters" / "new" / name
    return _letter(path) if _NAME.match(name) and path.is_file() else None


def list_texts(folder: Path) -> list[ReceivedText]:
    """Every text, newest first."""
    return [ReceivedText(text["sid"], text["to"], _parts(text["body"])) for text in reversed(read_texts(folder))]


def read_texts(folder: Path) -> list[dict[str, str]]:
    """Every text as the peer kept it, oldest first; a line that is being written is left out."""
    path = texts_file(folder)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def texts_file(folder: Path) -> Path:
    """Where texts are kept."""
    return folder / "texts.jsonl"


def open_maildir(folder: Path) -> mailbox.Maildir:
    """Where emails are kept, created where it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    return mailbox.Maildir(folder / "letters", create=True)


def _letter(path: Path) -> Letter:
    with path.open("rb") as file:
        message: EmailMessage = BytesParser(policy=policy.default).parse(file)
    return Letter(
        name=path.name,
        attempt=str(message["Message-ID"]).strip("<>").partition("@")[0],
        to=str(message["To"]),
        subject=str(message["Subject"]),
        parts=_parts(_content(message, "plain")),
        html=_content(message, "html"),
    )


def _content(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()).strip() if body is not None else ""


def _parts(text: str) -> tuple[Part, ...]:
    return tuple(Part(piece, bool(_LINK.match(piece))) for piece in _LINK.split(text) if piece)
