"""The second step of signing in: a code from an authenticator app, or a recovery code on a day without it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, or_, select, update

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.accounts import RecoveryCode, SecondFactor, Session
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.auditing import note

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
RECOVERY_CODES = 10
_SECONDS_A_STEP = 30
_NEIGHBOURS = (0, -1, 1)
"""Steps to which a phone's clock may be off."""
_ISSUER = "Crescendo Pulse"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app is shown: its secret to type, and the address in the QR code."""

    secret: str
    address: str


def has_second_factor(account_id: int) -> bool:
    """Whether somebody has an app set up."""
    found = db.session.get(SecondFactor, account_id, populate_existing=True)
    return found is not None and found.confirmed_at is not None


def begin_enrolment(viewer: Viewer, vault: Vault) -> Enrolment:
    """The secret for somebody's app: the same until it is confirmed, so that a reload changes nothing."""
    factor = db.session.get(SecondFactor, viewer.account_id, populate_existing=True)
    if factor is None:
        factor = SecondFactor(
            account_id=viewer.account_id,
            secret_encrypted=vault.encrypt(pyotp.random_base32()),
            last_step=0,
            failures=0,
        )
        db.session.add(factor)
        db.session.commit()
    secret = vault.decrypt(factor.secret_encrypted)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=viewer.name, issuer_name=_ISSUER))


def confirm_enrolment(viewer: Viewer, code: str, now: datetime, vault: Vault) -> list[str] | None:
    """Confirm an app by its first code and return the recovery codes, shown this once; None where the code is wrong."""
    if has_second_factor(viewer.account_id) or not _use_app_code(viewer, code, now, vault):
        return None
    db.session.execute(
        update(SecondFactor).where(SecondFactor.account_id == viewer.account_id).values(confirmed_at=now)
    )
    note(viewer.name, "set up second step", viewer.name, now)
    return make_recovery_codes(viewer, now, vault)


def make_recovery_codes(viewer: Viewer, now: datetime, vault: Vault) -> list[str]:
    """Ten new recovery codes; older ones work no more."""
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == viewer.account_id))
    db.session.add_all(
        RecoveryCode(code_hash=_hash(viewer.account_id, code, vault), account_id=viewer.account_id) for code in codes
    )
    note(viewer.name, "make recovery codes", viewer.name, now)
    db.session.commit()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def take_second_step(viewer: Viewer, code: str, now: datetime, vault: Vault) -> bool:
    """Whether a code is somebody's app's, or an unused recovery code. Each works once; five wrong ones lock."""
    plain = code.replace(" ", "").replace("-", "").upper()
    if is_locked(viewer.account_id, now) or not has_second_factor(viewer.account_id):
        return False
    if _use_app_code(viewer, plain, now, vault) or _use_recovery_code(viewer, plain, now, vault):
        db.session.execute(update(SecondFactor).where(SecondFactor.account_id == viewer.account_id).values(failures=0))
        db.session.commit()
        return True
    _count_failure(viewer, now)
    return False


def is_locked(account_id: int, now: datetime) -> bool:
    """Whether too many wrong codes were typed lately."""
    until = db.session.scalar(select(SecondFactor.locked_until).where(SecondFactor.account_id == account_id))
    return until is not None and until > now


def forget_second_factor(account_id: int, *, of: str, by: str, now: datetime) -> None:
    """Take somebody's app away and end their sessions; the next time they sign in they set up another."""
    db.session.execute(delete(Session).where(Session.account_id == account_id))
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    db.session.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))
    note(by, "forget second step", of, now)
    db.session.commit()


def _use_app_code(viewer: Viewer, code: str, now: datetime, vault: Vault) -> bool:
    """Use a code whose time step is later than the last that was used: seen over a shoulder, it is worth nothing."""
    encrypted = db.session.scalar(
        select(SecondFactor.secret_encrypted).where(SecondFactor.account_id == viewer.account_id)
    )
    if encrypted is None:
        return False
    app = pyotp.TOTP(vault.decrypt(encrypted))
    steps = (int(now.timestamp()) // _SECONDS_A_STEP + off for off in _NEIGHBOURS)
    step = next((step for step in steps if secrets.compare_digest(app.generate_otp(step), code)), None)
    if step is None:
        return False
    used = db.session.execute(
        update(SecondFactor)
        .where(SecondFactor.account_id == viewer.account_id, SecondFactor.last_step < step)
        .where(or_(SecondFactor.locked_until.is_(None), SecondFactor.locked_until <= now))
        .values(last_step=step)
        .returning(SecondFactor.account_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return used is not None


def _use_recovery_code(viewer: Viewer, code: str, now: datetime, vault: Vault) -> bool:
    used = db.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.code_hash == _hash(viewer.account_id, code, vault), RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.account_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if used is not None:
        note(viewer.name, "use recovery code", viewer.name, now)
    return used is not None


def _count_failure(viewer: Viewer, now: datetime) -> None:
    failures = db.session.execute(
        update(SecondFactor)
        .where(SecondFactor.account_id == viewer.account_id)
        .values(failures=SecondFactor.failures + 1)
        .returning(SecondFactor.failures)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    if failures >= MOST_FAILURES:
        db.session.execute(
            update(SecondFactor)
            .where(SecondFactor.account_id == viewer.account_id)
            .values(failures=0, locked_until=now + LOCKED_FOR)
        )
        note(viewer.name, "second step locked", viewer.name, now)
    db.session.commit()


def _hash(account_id: int, code: str, vault: Vault) -> bytes:
    return vault.lookup_hash(f"recovery {account_id} {code}")
