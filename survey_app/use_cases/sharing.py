"""Share a group's page with its people: the page that the lead sees, behind a link that ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from survey_app.crypto.link_tokens import TOKEN_LENGTH, invitation_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.shared_pages import SharedPage
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import UnknownLink

LASTS = timedelta(days=14)


@dataclass(frozen=True)
class SharedLink:
    """A link that is good: whose page, until when."""

    id: UUID
    token: str
    group_key: str
    programme: str
    expires_at: datetime


def share_page(viewer: Viewer, group_key: str, now: datetime, vault: Vault) -> SharedLink:
    """Make a link to a group's page that is good for two weeks; the one that is good already where there is one.

    Whoever calls has made sure that the group is this person's to show.
    """
    found = shared_link_of(viewer, group_key, now, vault)
    if found is not None:
        return found
    page_id = uuid4()
    token = _token(page_id, vault)
    page = SharedPage(
        id=page_id,
        token_hash=vault.lookup_hash(token),
        account_id=viewer.account_id,
        programme=viewer.programme,
        group_key=group_key,
        expires_at=now + LASTS,
    )
    db.session.add(page)
    note(viewer.name, "share page", group_key, now, until=now.date() + LASTS)
    db.session.commit()
    return SharedLink(page_id, token, group_key, viewer.programme, now + LASTS)


def shared_link_of(viewer: Viewer, group_key: str, now: datetime, vault: Vault) -> SharedLink | None:
    """The link by which somebody shares a group's page now."""
    page = db.session.scalars(
        select(SharedPage)
        .where(SharedPage.account_id == viewer.account_id, SharedPage.group_key == group_key)
        .where(SharedPage.ended_at.is_(None), SharedPage.expires_at > now)
        .order_by(SharedPage.expires_at.desc())
    ).first()
    return None if page is None else _link(page, vault)


def stop_sharing(viewer: Viewer, group_key: str, now: datetime) -> None:
    """End every link that somebody made to a group's page."""
    pages = db.session.scalars(
        select(SharedPage).where(
            SharedPage.account_id == viewer.account_id,
            SharedPage.group_key == group_key,
            SharedPage.ended_at.is_(None),
        )
    ).all()
    for page in pages:
        page.ended_at = now
    if pages:
        note(viewer.name, "stop sharing", group_key, now)
    db.session.commit()


def find_shared(token: str, now: datetime, vault: Vault) -> SharedLink:
    """What is behind a link, or raise `UnknownLink`: wrong, over or ended, all the same."""
    page = None
    if len(token) == TOKEN_LENGTH:
        page = db.session.scalars(
            select(SharedPage).where(
                SharedPage.token_hash == vault.lookup_hash(token),
                SharedPage.ended_at.is_(None),
                SharedPage.expires_at > now,
            )
        ).one_or_none()
    if page is None:
        raise UnknownLink
    return _link(page, vault)


def forget_shared(now: datetime) -> None:
    """Delete links that are long over."""
    db.session.execute(delete(SharedPage).where(SharedPage.expires_at < now - LASTS))
    db.session.commit()


def _token(page_id: UUID, vault: Vault) -> str:
    return invitation_token(vault.link_key, page_id)


def _link(page: SharedPage, vault: Vault) -> SharedLink:
    return SharedLink(page.id, _token(page.id, vault), page.group_key, page.programme, page.expires_at)
