"""Change the key that fields are encrypted with, while everything runs.

FIELD_KEY is a list. The first encrypts, every one of them decrypts. So a new key is put in front, everything restarts,
what is stored is encrypted anew, and then the old key is taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Column, and_, select, update

from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import Base, db
from survey_app.use_cases.auditing import note_now

ROWS_AT_ONCE = 500
_ENDING = "_encrypted"


@dataclass(frozen=True)
class Reencrypted:
    """A column that is encrypted: how many values it has, how many were encrypted anew, how many no key opens."""

    name: str
    values: int
    renewed: int
    lost: int


def reencrypt(settings: Settings, vault: Vault, *, by: str, now: datetime) -> list[Reencrypted]:
    """Encrypt with the newest key whatever an older one encrypted; stopped in the middle, it goes on from there.

    A value that none of the keys opens is left as it is and counted: the key that opens it must not be thrown away.
    """
    newest = Fernet(settings.field_key[0])
    found = [_reencrypt_column(column, newest, vault) for column in encrypted_columns()]
    note_now(by, "encrypt anew", "fields", now, renewed=sum(each.renewed for each in found))
    return found


def encrypted_columns() -> Iterator[Column[bytes]]:
    """Every column that holds something encrypted."""
    for table in Base.metadata.sorted_tables:
        yield from (column for column in table.columns if column.name.endswith(_ENDING))


def _reencrypt_column(column: Column[bytes], newest: Fernet, vault: Vault) -> Reencrypted:
    table = column.table
    keys = list(table.primary_key.columns)
    values = renewed = lost = 0
    rows = db.session.execute(select(*keys, column).where(column.is_not(None)).order_by(*keys)).all()
    db.session.rollback()
    for place, row in enumerate(rows):
        *own, value = row
        values += 1
        if _opens(newest, value):
            continue
        try:
            again = vault.contact_cipher.rotate(value)
        except InvalidToken:
            lost += 1
            continue
        same = and_(*(key == of_row for key, of_row in zip(keys, own, strict=True)), column == value)
        changed = update(table).where(same).values({column.name: again}).returning(keys[0])
        renewed += len(db.session.execute(changed).all())
        if place % ROWS_AT_ONCE == ROWS_AT_ONCE - 1:
            db.session.commit()
    db.session.commit()
    return Reencrypted(f"{table.name}.{column.name}", values, renewed, lost)


def _opens(cipher: Fernet, value: bytes) -> bool:
    try:
        cipher.decrypt(value)
    except InvalidToken:
        return False
    return True
