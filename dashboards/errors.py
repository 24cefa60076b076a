"""What can go wrong between answers and a dashboard."""

from __future__ import annotations

from collections.abc import Sequence


class DashboardError(Exception):
    """The family of all errors of this package."""


class InvalidTerms(DashboardError):
    """Terms of publication that would not protect anybody."""


class BrokenTree(DashboardError):
    """Groups that do not form one tree."""


class AuditFailed(DashboardError):
    """The publication's own audit found a group that is not protected: nothing may be published."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"The publication's own audit found {len(self.findings)} groups unprotected.")


class TooFewGroups(DashboardError):
    """A funnel of so few groups that it would say nothing."""

    def __init__(self, groups: int, needed: int) -> None:
        super().__init__(f"A funnel needs {needed} groups; there are {groups}.")


class NoPdf(DashboardError):
    """PDF cannot be made on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "PDF cannot be made here: Pango is missing (Debian, Ubuntu: apt-get install libpango-1.0-0 "
            "libpangoft2-1.0-0). Every other format works, and pages can be printed."
        )
