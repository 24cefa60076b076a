"""Put an analysis of answers into a reliability card: words first, numbers under them. It loads the array libraries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashboards.pages.reliability import Card, ItemFigures, ItemLine, ScaleCard
from dashboards.suppression.rounding import round_share
from dashboards.words import listed, number_word
from instruments.definitions import Direction, Instrument, Scale
from scoring.aggregation import group_mean_reliability
from scoring.analysis import Agreement, Analysis, ScaleAnalysis
from scoring.invariance import Invariance
from scoring.items import ItemStatistics

GOOD, ENOUGH = 0.80, 0.70
"""From which reliability a scale tells people apart well, and well enough for groups: Nunnally & Bernstein 1994."""

FIT_CFI, FIT_RMSEA, FIT_HTMT = 0.95, 0.06, 0.85
"""When a model is said to fit (Hu & Bentler 1999), and scales to tell different things (Henseler et al. 2015)."""

_TYPICAL_TEAM = 8


def build_card(
    analysis: Analysis,
    title: str,
    *,
    people: int,
    groups: str = "groups",
    items: Mapping[str, ItemFigures] | None = None,
) -> Card:
    """Put an analysis into words.

    Parameters
    ----------
    people
        As many as may be told.
    groups
        What the groups of the analysis are called, in the plural.
    items
        Distributions by item where they may not be told as they are; else those of the analysis.
    """
    scales = tuple(_scale_card(analysis, scale, items) for scale in analysis.scales)
    return Card(
        title=title,
        instrument=analysis.instrument_version,
        people=people,
        headline=_headline(analysis),
        sentences=tuple(_sentences(analysis, people, groups)),
        figures=tuple(_model_figures(analysis)),
        scales=scales,
    )


def coefficient(value: float | None) -> str:
    """A coefficient to two decimals: `0.90`, `−0.12`; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def with_range(value: float | None, lower: float | None, upper: float | None) -> str:
    """A coefficient with its likely range: `0.90 (0.89 to 0.91)`."""
    if lower is None or upper is None:
        return coefficient(value)
    return f"{coefficient(value)} ({coefficient(lower)} to {coefficient(upper)})"


def _title_of(scale: Scale) -> str:
    return scale.title.get("en") or next(iter(scale.title.values()))


def _headline(analysis: Analysis) -> str:
    weak = [_title_of(each.scale) for each in analysis.scales if (_reliability(each) or 0.0) < ENOUGH]
    if not weak:
        return "Every scale tells people apart well enough for groups"
    if len(weak) == len(analysis.scales):
        return "No scale is reliable enough yet"
    return f"Read with care: {listed(weak)}"


def _reliability(scale: ScaleAnalysis) -> float | None:
    """Omega where there is one, else alpha."""
    return scale.items.alpha.alpha if scale.omega.omega is None else scale.omega.omega


def _sentences(analysis: Analysis, people: int, groups: str) -> Iterator[str]:
    if people < 300:
        yield "Fewer than 300 people answered: these figures are a first look and validate nothing."
    yield _about_model(analysis)
    if analysis.invariance is not None:
        yield _about_invariance(analysis.invariance, groups)
    straight = round_share(100 * analysis.straight_share, people).score if people else 0
    gave = f"About {straight}% gave" if straight else "Hardly anybody gave"
    yield (
        f"{gave} one answer throughout. How long people took is not kept, so nobody is flagged as careless, "
        "and no answer is left out."
    )


def _about_model(analysis: Analysis) -> str:
    model = analysis.model
    if model is None:
        return f"Whether the scales are different things was not tested: {analysis.model_reason}."
    alike = [
        (_scale_title(analysis, first), _scale_title(analysis, second))
        for place, first in enumerate(model.factors)
        for other, second in enumerate(model.factors[:place])
        if abs(model.htmt[place, other]) >= FIT_HTMT
    ]
    fits = model.cfi >= FIT_CFI and model.rmsea <= FIT_RMSEA
    words = "fit the answers" if fits else "do not fit the answers well"
    count = number_word(len(model.factors)).capitalize()
    found = f"{count} related scales {words} (CFI {coefficient(model.cfi)}, RMSEA {coefficient(model.rmsea)})"
    if alike:
        return f"{found}; {listed([f'{one} and {other}' for one, other in alike])} are hard to tell apart."
    return f"{found}, and each tells something of its own."


def _scale_title(analysis: Analysis, scale: str) -> str:
    return next(_title_of(each.scale) for each in analysis.scales if each.scale.id == scale)


def _about_invariance(tested: Invariance, groups: str) -> str:
    if not tested.testable:
        return f"Whether scores mean the same in all {groups} is not testable: {tested.reason}."
    return f"Between {groups}, {tested.verdict}."


def _model_figures(analysis: Analysis) -> Iterator[tuple[str, str]]:
    model, tested = analysis.model, analysis.invariance
    if model is not None:
        chi2 = f"χ² {model.chi2:.1f}, {model.df} df"
        rmsea = f"{coefficient(model.rmsea)} ({coefficient(model.rmsea_lower)} to {coefficient(model.rmsea_upper)})"
        yield (
            "Model of all scales",
            f"{chi2}, CFI {coefficient(model.cfi)}, RMSEA {rmsea}, SRMR {coefficient(model.srmr)}",
        )
        largest = max(abs(model.htmt[place, other]) for place in range(len(model.factors)) for other in range(place))
        yield "Largest HTMT", f"{coefficient(largest)} (different things below {coefficient(FIT_HTMT)})"
    if tested is not None and tested.testable:
        steps = [step for step in (tested.metric, tested.scalar, tested.strict) if step is not None]
        for step in steps:
            changes = f"CFI {_signed(step.delta_cfi or 0.0)}, RMSEA {_signed(step.delta_rmsea or 0.0)}"
            yield f"Invariance, {step.level}", f"{changes}: {'holds' if step.holds else 'does not hold'}"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _scale_card(analysis: Analysis, scale: ScaleAnalysis, items: Mapping[str, ItemFigures] | None) -> ScaleCard:
    higher = scale.scale.direction is Direction.HIGHER_IS_BETTER
    return ScaleCard(
        id=scale.scale.id,
        title=_title_of(scale.scale),
        direction="higher is better" if higher else "lower is better",
        sentences=tuple(_scale_sentences(scale)),
        figures=tuple(_scale_figures(scale)),
        items=tuple(_item_line(analysis.instrument, item, scale, items) for item in scale.items.items),
    )


def _scale_sentences(scale: ScaleAnalysis) -> Iterator[str]:
    value = _reliability(scale)
    if value is None:
        yield "It has no reliability in these answers."
    elif value >= GOOD:
        yield "It tells people apart well."
    elif value >= ENOUGH:
        yield "It tells people apart well enough for groups, not for one person."
    else:
        yield "It tells people apart weakly: read its scores with care."
    yield _about_factor(scale)
    if scale.agreement is not None:
        yield _about_groups(scale.agreement)
    weak = [item.name for item in scale.items.items if any("check the key" in words for words in item.warnings)]
    if weak:
        yield f"{listed(weak)} {'goes' if len(weak) == 1 else 'go'} against the other items: check the key."
    if scale.differences is not None:
        flagged = [item.item for item in scale.differences.flagged]
        yield (
            f"Answered differently at the same score: {listed(flagged)}."
            if flagged
            else ("No item is answered differently by people with the same score.")
        )


def _about_factor(scale: ScaleAnalysis) -> str:
    model = scale.factor
    if model is None or not model.testable:
        count = len(scale.items.items)
        return (
            f"{'Three items' if count == 3 else 'So few items'} cannot show by themselves whether they are one thing."
        )
    fit = f"CFI {coefficient(model.cfi)}, RMSEA {coefficient(model.rmsea)}"
    if model.cfi >= FIT_CFI:
        return f"Its items are one thing ({fit})."
    return f"Its items are more than one thing ({fit}): a high alpha does not show that they are one."


def _about_groups(agreement: Agreement) -> str:
    if agreement.answers_needed is None:
        return "Groups differ no more than chance: no size would make a group’s score reliable."
    at_team = coefficient(group_mean_reliability(agreement.icc1.value, _TYPICAL_TEAM))
    return (
        f"A group’s score is reliable (0.70) from about {agreement.answers_needed} answers; "
        f"with {_TYPICAL_TEAM} it reaches {at_team}."
    )


def _scale_figures(scale: ScaleAnalysis) -> Iterator[tuple[str, str]]:
    alpha = scale.items.alpha
    yield "Omega", with_range(scale.omega.omega, scale.omega.lower, scale.omega.upper)
    yield "Alpha", with_range(alpha.alpha, alpha.lower, alpha.upper)
    if scale.ordinal is not None:
        yield "Omega for ordered categories", coefficient(scale.ordinal.value)
    if scale.tau_equivalence is not None:
        tau = scale.tau_equivalence
        yield "Do items weigh alike", f"χ² {tau.chi2:.1f}, {tau.df} df{', no' if tau.p < 0.001 else ''}"
    if scale.mean is not None and scale.sd is not None:
        yield "Persons’ scores", f"mean {scale.mean:.0f}, SD {scale.sd:.0f} points"
    if scale.smallest_detectable_change is not None:
        yield "One person’s change is beyond chance from", f"{scale.smallest_detectable_change:.0f} points"
    if scale.agreement is not None:
        yield from _agreement_figures(scale.agreement)


def _agreement_figures(agreement: Agreement) -> Iterator[tuple[str, str]]:
    share, reliability = agreement.icc1, agreement.icc2
    yield "ICC(1)", with_range(share.value, share.lower, share.upper)
    yield (
        f"ICC(2) at {share.mean_size:.0f} answers",
        with_range(reliability.value, reliability.lower, reliability.upper),
    )
    nulls = ", ".join(f"{_percent(found)} {null.replace('_', ' ')}" for null, found in agreement.shares_from_70.items())
    yield "Groups with rwg(j) from 0.70, by null", nulls
    yield "Average deviation", f"{agreement.average_deviation:.2f} (agreement up to {agreement.deviation_cutoff:.2f})"
    levels = agreement.two_levels
    yield "Alpha within and between groups", f"{coefficient(levels.within)} and {coefficient(levels.between)}"


def _item_line(
    instrument: Instrument, item: ItemStatistics, scale: ScaleAnalysis, items: Mapping[str, ItemFigures] | None
) -> ItemLine:
    text = next(each.text for each in instrument.items if each.id == item.name)
    return ItemLine(
        name=item.name,
        text=text.get("en") or next(iter(text.values())),
        figures=_figures(item, scale) if items is None else items[item.name],
        corrected_r=coefficient(item.corrected_r),
        alpha_without=coefficient(item.alpha_without),
        remarks=item.warnings if items is None else tuple(_without_counts(item)),
    )


def _figures(item: ItemStatistics, scale: ScaleAnalysis) -> ItemFigures:
    low, high = scale.items.minimum, scale.items.maximum
    mean = "–" if item.mean is None else f"{100 * (item.mean - low) / (high - low):.0f}"
    return ItemFigures(mean, _percent(item.floor), _percent(item.ceiling), _percent(item.missing))


def _without_counts(item: ItemStatistics) -> Iterator[str]:
    """Remarks that tell nothing beside the rounded figures: those about correlations."""
    for words in item.warnings:
        if "check the key" in words or "hangs together" in words:
            yield words


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}%"
