"""When messages may go out: the days and hours of an authority, in its own time, without its bank holidays."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from notifications.errors import UnusableWindow

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"((?P<days>[a-z, -]+?)\s+)?(?P<opens>\d{1,2}:\d\d)\s*-\s*(?P<closes>\d{1,2}:\d\d)")
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

    def with_hours(self, hours: str) -> SendingWindow:
        """The window of somebody with other hours, such as `Mon-Sun 14:00-22:00`: on holidays and closed days too.

        Raises
        ------
        UnusableWindow
            The hours cannot be read.
        """
        days, opens, closes = read_hours(hours)
        return replace(self, nation=None, opens=opens, closes=closes, days=days, closures=frozenset())

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

    def closed_because(self, moment: datetime) -> str:
        """Why nothing leaves at any hour of this moment's day, in a few words; empty where something may."""
        day = moment.astimezone(ZoneInfo(self.time_zone)).date()
        if self._sends_on(day):
            return ""
        if day in self.closures:
            return "the authority is closed"
        return _holiday_name(self.nation, day) or f"{day:%A}"

    def _sends_on(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.closures and not _is_holiday(self.nation, day)

    def _moment(self, day: date, hour: time) -> datetime:
        """A time of day as a moment; one that the clocks skip is as much later, of two alike it is the first."""
        return datetime.combine(day, hour, ZoneInfo(self.time_zone)).astimezone(UTC)


def read_hours(hours: str) -> tuple[frozenset[int], time, time]:
    """Days and hours from `14:00-22:00` (every day), `Mon-Fri 06:00-14:00` or `Sat,Sun 8:00-20:00`.

    Raises
    ------
    UnusableWindow
        They cannot be read; the sentence shows how they are written.

    Examples
    --------
    >>> days, opens, closes = read_hours("Fri-Mon 14:00-22:00")
    >>> sorted(days), opens.hour, closes.hour
    ([0, 4, 5, 6], 14, 22)
    """
    found = _HOURS.fullmatch(hours.strip().lower())
    if found is None:
        raise UnusableWindow(f"{hours!r} is not written like Mon-Sun 14:00-22:00.")
    try:
        opens, closes = (datetime.strptime(found[name], "%H:%M").time() for name in ("opens", "closes"))  # noqa: DTZ007
        days = frozenset(day for part in (found["days"] or "mon-sun").split(",") for day in _days(part.strip()))
    except ValueError as error:
        raise UnusableWindow(f"{hours!r} names a day or an hour that there is not.") from error
    if not opens < closes:
        raise UnusableWindow(f"{hours!r} ends before it begins.")
    return days, opens, closes


def _days(part: str) -> list[int]:
    first, _, last = part.partition("-")
    start, end = WEEKDAYS.index(first.strip()), WEEKDAYS.index((last or first).strip())
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


ALWAYS = SendingWindow("UTC", None, time.min, time.max, frozenset(range(7)))
"""Never closed but for the last instant of a day: for demonstrations."""


def weekdays(time_zone: str, closures: Collection[date] = ()) -> SendingWindow:
    """Half past eight to half past five from Monday to Friday, with England's bank holidays: what nobody changed."""
    return SendingWindow(time_zone, Nation.ENGLAND, time(8, 30), time(17, 30), frozenset(range(5)), frozenset(closures))


def _is_holiday(nation: Nation | None, day: date) -> bool:
    return bool(_holiday_name(nation, day))


def _holiday_name(nation: Nation | None, day: date) -> str:
    return "" if nation is None else _holidays(nation, day.year).get(day, "")


@lru_cache(maxsize=64)
def _holidays(nation: Nation, year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[nation], years=year))
