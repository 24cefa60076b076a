"""The words and numbers that pages, charts and tables share: one formatter for everything shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import NormalDist

from dashboards.comparison import Standing
from dashboards.snapshots import (
    Coverage,
    CutFigure,
    FavourableShare,
    Level,
    Measure,
    PublishedCell,
    PublishedWave,
    ShownCell,
    Withdrawal,
    WithheldCell,
    WithheldReason,
)
from dashboards.trends import Reading, ReadingKind
from scoring.differences import TeamChange, Verdict

_LIKELY_REACH = NormalDist().inv_cdf(0.975)
LOW_RESPONSE = 40
"""Below this many in a hundred a page says so."""
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
LEVEL_WORDS = {
    Level.TEAM: "team",
    Level.SERVICE_AREA: "service area",
    Level.AUTHORITY: "authority",
    Level.PROGRAMME: "programme",
}


def number_word(count: int) -> str:
    """Small numbers in words."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them: `A, B and C`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def together(names: Sequence[str]) -> str:
    """Names of groups whose answers a figure takes together."""
    return listed(names) + (" together" if len(names) > 1 else "")


def score(cell: ShownCell | CutFigure) -> str:
    """A mean as it is shown everywhere: `66`, or `5 or lower` and `95 or higher` at the ends."""
    if cell.low == 0 and cell.score > 0:
        return f"{cell.score} or lower"
    if cell.high == 100 and cell.score < 100:
        return f"{cell.score} or higher"
    return str(cell.score)


def likely(cell: ShownCell) -> str:
    """The range that a mean is likely to lie in."""
    return f"likely between {cell.likely_low} and {cell.likely_high}"


def answered(cell: ShownCell) -> str:
    """How many answers a figure rests on, and their share of the people asked in steps of five per cent."""
    if cell.response_rate is None:
        return f"{cell.n} answers"
    share = "95% or more" if cell.response_rate >= 95 else f"about {cell.response_rate}%"
    return f"{cell.n} answers, {share} of those asked"


def coverage(cell: ShownCell) -> str:
    """What a figure leaves out, if anything."""
    if cell.coverage is Coverage.ALL:
        return ""
    share = "nearly all" if cell.coverage is Coverage.NEARLY_ALL else "most"
    return f"Covers {share} of the answers; the rest are counted one level up."


def low_response(cell: ShownCell) -> str:
    """What to keep in mind where few of those asked have answered."""
    if cell.response_rate is None or cell.response_rate >= LOW_RESPONSE:
        return ""
    return "Fewer than half of those asked answered; those who did not may feel differently."


def direction(measure: Measure) -> str:
    """Which end of a measure is the better one."""
    return "higher is better" if measure.higher_is_better else "lower is better"


def day(moment: date) -> str:
    """A day: `12 October 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def month(moment: date) -> str:
    """A month: `October 2026`."""
    return f"{moment:%B %Y}"


def withdrawal(found: Withdrawal) -> str:
    """That a wave's results were taken back, when and why."""
    because = found.because.rstrip(".")
    return f"The results of the {found.label} pulse were withdrawn on {day(found.withdrawn_on)}: {because}."


def difference(points: float, error: float) -> str:
    """A difference of means with the range it is likely to lie in: `−1.2 (likely between −2.6 and +0.2)`."""
    reach = _LIKELY_REACH * error
    return f"{_signed(points)} (likely between {_signed(points - reach)} and {_signed(points + reach)})"


def favourable(share: FavourableShare) -> str:
    """The share of favourable answers with its likely range: `about 60% of answers are favourable (likely …)`."""
    likely_range = f"(likely between {share.likely_low}% and {share.likely_high}%)"
    if share.low == 0 and share.share > 0:
        return f"{share.share}% of answers or fewer are favourable {likely_range}"
    if share.high == 100 and share.share < 100:
        return f"{share.share}% of answers or more are favourable {likely_range}"
    return f"About {share.share}% of answers are favourable {likely_range}"


def since(change: TeamChange, before: str, measure: Measure) -> str:
    """A change since the pulse before: `Since the September pulse: +3 (likely between −6 and +12), no clear change`."""
    if change.difference is None or change.standard_error is None:
        return ""
    reach = _LIKELY_REACH * change.standard_error
    ends = [_whole_signed(change.difference + side * reach) for side in (-1, 1)]
    by = f"{_whole_signed(change.difference)} (likely between {ends[0]} and {ends[1]})"
    return f"Since the {before} pulse: {by}, {_verdict(change.verdict, measure)}."


def _verdict(found: Verdict, measure: Measure) -> str:
    if found is Verdict.UNCLEAR:
        return "no clear change"
    better = (found is Verdict.HIGHER) == measure.higher_is_better
    return f"{found} ({'better' if better else 'worse'})"


def _whole_signed(points: float) -> str:
    rounded = round(points)
    return "0" if rounded == 0 else f"{rounded:+d}".replace("-", "−")


def _signed(points: float) -> str:
    rounded = round(points, 1) + 0.0  # no negative zero
    return "0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "−")


def reading(found: Reading) -> str:
    """How the newest wave reads."""
    words = {
        ReadingKind.NOT_SHOWN: "not enough answers to show",
        ReadingKind.STARTING_POINT: "a starting point",
        ReadingKind.TOO_EARLY: "too early to tell",
        ReadingKind.USUAL: "in the usual range",
        ReadingKind.HIGHER: "higher than usual",
        ReadingKind.LOWER: "lower than usual",
    }[found.kind]
    if found.is_better is None:
        return words
    return f"{words} ({'better' if found.is_better else 'worse'})"


def standing(found: Standing, measure: Measure) -> str:
    """How a figure stands to the others', with direction and better or worse."""
    if found is Standing.SIMILAR:
        return "similar to the others"
    if found is Standing.ALONE:
        return "nothing to compare with yet"
    if found is Standing.OTHER_QUESTIONS:
        return "other questions were asked: not compared"
    higher = found is Standing.HIGHER
    better = "better" if higher == measure.higher_is_better else "worse"
    return f"{'higher' if higher else 'lower'} than the others ({better})"


def why_withheld(cell: WithheldCell, wave: PublishedWave, counted_in: str | None) -> str:
    """Why a figure is not shown: one of four reasons, all about counts."""
    few = f"Fewer than {wave.minimum_group_size} people answered"
    if cell.reason is WithheldReason.COMBINED and counted_in:
        return f"{few}, so their answers are counted together with others: {counted_in}."
    if cell.reason is WithheldReason.COUNTED_ELSEWHERE:
        return "Not shown because over a fifth of its answers are counted elsewhere. See its teams and the level above."
    if cell.reason is WithheldReason.TOO_MANY_SKIPPED:
        return "Too many people skipped one of these questions."
    return f"{few}, so scores are not shown. This protects everyone who did answer."


def not_shown(cell: WithheldCell, wave: PublishedWave) -> str:
    """Why a wave of a table has no figure, in a few words."""
    if cell.reason is WithheldReason.COUNTED_ELSEWHERE:
        return "Not shown: mostly counted elsewhere"
    if cell.reason is WithheldReason.TOO_MANY_SKIPPED:
        return "Not shown: too many skipped a question"
    return f"Not shown: fewer than {wave.minimum_group_size} answers"


def figure(cell: PublishedCell | None) -> str:
    """A cell in a table."""
    if cell is None:
        return "No pulse"
    return score(cell) if isinstance(cell, ShownCell) else "Not shown"
