"""What somebody who is signed in may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from dashboards.snapshots import Level
from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.accounts import Account, Role, RoleGrant
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint
from survey_app.use_cases.groups import groups_inside_of, programme_of

_READ_THE_LOG = frozenset({Role.GOVERNANCE_READER, Role.PROGRAMME_LEAD})


@dataclass(frozen=True)
class Viewer:
    """Somebody who is signed in: the groups they have a role in, largest first, and those inside them."""

    account_id: int
    name: str
    roles: tuple[tuple[str, str, Level], ...]
    """(role, group key, level of the group); a governance reader's is not among them: it shows no figure."""
    own_groups: frozenset[str]
    inside: frozenset[str]
    programme: str
    """The programme of the largest role; empty for somebody without a role."""
    governed: frozenset[str] = frozenset()
    """Groups whose log of acts somebody may read: all inside those of a governance reader or a programme lead."""

    @property
    def reads_governance(self) -> bool:
        """Whether there is a log for them to read."""
        return bool(self.governed)

    @property
    def home(self) -> tuple[str, Level] | None:
        """The group that the first screen is about."""
        return None if not self.roles else (self.roles[0][1], self.roles[0][2])


def leads_programme(viewer: Viewer) -> bool:
    """Whether somebody leads a programme."""
    return any(role == Role.PROGRAMME_LEAD for role, _, _ in viewer.roles)


def viewer_of(account: Account) -> Viewer:
    """What an account may see now: the union of the roles that it holds."""
    held = db.session.execute(
        select(RoleGrant.role, Group)
        .join(Group, Group.id == RoleGrant.group_id)
        .where(RoleGrant.account_id == account.id, RoleGrant.ended_at.is_(None))
    ).all()
    order = list(reversed(Level))
    leads = sorted(
        ((role, group) for role, group in held if role != Role.GOVERNANCE_READER),
        key=lambda each: order.index(Level(each[1].level)),
    )
    largest = next((group for _, group in [*leads, *held]), None)
    groups = [group for _, group in leads]
    return Viewer(
        account_id=account.id,
        name=account.name,
        roles=tuple((role, group.key, Level(group.level)) for role, group in leads),
        own_groups=frozenset(group.key for group in groups),
        inside=groups_inside_of(groups),
        programme=programme_of(largest).key if largest else "",
        governed=groups_inside_of([group for role, group in held if role in _READ_THE_LOG]),
    )


@dataclass(frozen=True)
class DemoAccount:
    """Somebody whom the demo offers to sign in as."""

    name: str
    email: str
    role: str
    group: str


def demo_accounts(vault: Vault) -> Sequence[DemoAccount]:
    """Everybody who may sign in, for the demo's list."""
    rows = db.session.execute(
        select(Account.name, ContactPoint.address_encrypted, RoleGrant.role, Group.name)
        .join(ContactPoint, and_(ContactPoint.account_id == Account.id, ContactPoint.channel == Channel.EMAIL))
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .join(Group, Group.id == RoleGrant.group_id)
        .where(RoleGrant.ended_at.is_(None))
        .order_by(Account.id)
    )
    return [
        DemoAccount(name, vault.decrypt(address), role.replace("_", " "), group) for name, address, role, group in rows
    ]
