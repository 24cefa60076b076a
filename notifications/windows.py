"""When messages may go out: the days and hours of an authority, in its own time, without its bank holidays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from notifications.errors import UnusableWindow

_LONGEST_WAIT = 366
"""Days after which a window that never opens is a mistake."""


class Nation(StrEnum):
    """Whose bank holidays are kept."""

    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


_SUBDIVISIONS = {Nation.ENGLAND: "ENG", Nation.WALES: "WLS", Nation.SCOTLAND: "SCT", Nation.NORTHERN_IRELAND: "NIR"}


@dataclass(frozen=True)
class SendingWindow:
    """Hours of the day in a time zone, on some days of the week (Monday is 0), but for holidays and closures.

    Raises
    ------
    UnusableWindow
        It would never be open; the sentence says why.
    """

    time_zone: str
    nation: Nation | None
    opens: time
    closes: time
    days: frozenset[int]
    closures: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.opens < self.closes:
            raise UnusableWindow(f"It opens at {self.opens:%H:%M}, which is not before it closes, {self.closes:%H:%M}.")
        if not self.days or not self.days <= frozenset(range(7)):
            raise UnusableWindow("It needs a day of the week or more.")

    def is_open(self, moment: datetime) -> bool:
        """Whether a message may leave at this moment."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        return self.opens <= local.time() < self.closes and self._sends_on(local.date())

    def next_opening(self, moment: datetime) -> datetime:
        """The moment itself where the window is open, else the next at which it opens, in UTC."""
        if self.is_open(moment):
            return moment
        first = moment.astimezone(ZoneInfo(self.time_zone)).date()
        for later in range(_LONGEST_WAIT):
            day = first + timedelta(days=later)
            if self._sends_on(day) and (opening := self._moment(day, self.opens)) > moment:
                return opening
        raise UnusableWindow("It does not open within a year.")

    def closing_after(self, moment: datetime) -> datetime:
        """When the window that is open at this moment closes, in UTC."""
        return self._moment(moment.astimezone(ZoneInfo(self.time_zone)).date(), self.closes)

    def _sends_on(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.closures and not _is_holiday(self.nation, day)

    def _moment(self, day: date, hour: time) -> datetime:
        """A time of day as a moment; one that the clocks skip is as much later, of two alike it is the first."""
        return datetime.combine(day, hour, ZoneInfo(self.time_zone)).astimezone(UTC)


ALWAYS = SendingWindow("UTC", None, time.min, time.max, frozenset(range(7)))
"""Never closed but for the last instant of a day: for demonstrations."""


def weekdays(time_zone: str, closures: Collection[date] = ()) -> SendingWindow:
    """Half past eight to half past five from Monday to Friday, with England's bank holidays: what nobody changed."""
    return SendingWindow(time_zone, Nation.ENGLAND, time(8, 30), time(17, 30), frozenset(range(5)), frozenset(closures))


def _is_holiday(nation: Nation | None, day: date) -> bool:
    return nation is not None and day in _holidays(nation, day.year)


@lru_cache(maxsize=64)
def _holidays(nation: Nation, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[nation], years=year))
