"""What differs between two versions, rule by rule, each difference with what it does to lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from instruments.changes import NO_SCALE, ChangeLevel, Reason
from instruments.definitions import Instrument, Item, ResponseSet, Scale, TransformKind
from instruments.likeness import Likeness, likeness

FEWEST_ANCHORS = 2
"""A change of a scale's items is minor while this many of its core items stay."""


def about_the_whole(old: Instrument, new: Instrument) -> Iterator[Reason]:
    """What concerns every scale: another instrument, its number, recall window, languages, and its labels."""
    if old.id != new.id:
        if _declared_anchors(old, new) is None:
            yield Reason(
                ChangeLevel.MAJOR, f"{new.id} is another instrument, and neither declares anchors to the other."
            )
        else:
            yield Reason(ChangeLevel.MINOR, f"{new.id} is another instrument; anchors between the two are declared.")
    elif new.version_numbers[0] != old.version_numbers[0]:
        yield Reason(
            ChangeLevel.MAJOR, f"Its owner numbered it as a major version: {old.version} became {new.version}."
        )
    if (window := likeness(old.recall_window, new.recall_window, old.languages)) is not Likeness.SAME:
        level = ChangeLevel.PATCH if window is Likeness.CORRECTED else ChangeLevel.MAJOR
        yield Reason(level, f"The recall window {_was_changed(window)}.")
    if added := sorted(set(new.languages) - set(old.languages)):
        yield Reason(ChangeLevel.MINOR, f"New language: {', '.join(added)}.")
    if removed := sorted(set(old.languages) - set(new.languages)):
        yield Reason(ChangeLevel.MINOR, f"Language no longer there: {', '.join(removed)}.")
    if _labels_of(old) != _labels_of(new):
        yield Reason(
            ChangeLevel.PATCH, "Title, owner, source, licence or length in seconds changed; nothing that is asked."
        )


def _labels_of(instrument: Instrument) -> tuple[object, ...]:
    return (
        *(dict(instrument.title), instrument.owner, instrument.source, instrument.citation),
        *(instrument.licence, instrument.estimated_seconds),
    )


def about_response_sets(old: Instrument, new: Instrument) -> Iterator[Reason]:
    """Changes of the options that items of one scale, or items outside scales, are answered with."""
    for identity, before in old.response_sets_by_id.items():
        after = new.response_sets_by_id.get(identity)
        if after is None:
            continue
        format_level, sentence = _format_change(
            before, after, old.languages, pomp_only=_is_pomp_only(old, new, identity)
        )
        level = max(format_level, _stem_level(old, before, after))
        if level is ChangeLevel.SAME:
            continue
        if level > format_level:
            how = "rewritten" if level > ChangeLevel.PATCH else "corrected; it reads like the same wording"
            sentence = f"The lead-in to “{identity}” was {how}"
        users = sorted({item.scale for item in old.scored_items if item.response_set == identity and item.scale})
        for scale in users:
            yield Reason(level, f"{sentence}.", scale)
        if not users:
            yield Reason(min(level, ChangeLevel.MINOR), f"{sentence}; no scale is scored from it.", NO_SCALE)


def _is_pomp_only(old: Instrument, new: Instrument, response_set: str) -> bool:
    return all(
        instrument.scales_by_id[item.scale].transform.kind is TransformKind.POMP
        for instrument in (old, new)
        for item in instrument.scored_items
        if item.scale is not None and item.response_set == response_set
    )


def _format_change(
    before: ResponseSet, after: ResponseSet, languages: Sequence[str], *, pomp_only: bool
) -> tuple[ChangeLevel, str]:
    where = f"“{before.id}”"
    if before.kind != after.kind or len(before.options) != len(after.options):
        return ChangeLevel.MAJOR, f"The response format {where} changed from {_size(before)} to {_size(after)}"
    labels = [
        likeness(ours.label, theirs.label, languages)
        for ours, theirs in zip(before.options, after.options, strict=True)
    ]
    if Likeness.REWRITTEN in labels:
        return ChangeLevel.MAJOR, f"Labels of the response format {where} were rewritten"
    if before.values != after.values:
        level = ChangeLevel.PATCH if pomp_only else ChangeLevel.MAJOR
        return level, f"The codes of {where} changed from {_ends(before)} to {_ends(after)}"
    if Likeness.CORRECTED in labels:
        return ChangeLevel.PATCH, f"Labels of the response format {where} were corrected"
    return ChangeLevel.SAME, ""


def _size(response_set: ResponseSet) -> str:
    return f"{len(response_set.options)} {response_set.kind} options"


def _ends(response_set: ResponseSet) -> str:
    return f"{response_set.minimum} to {response_set.maximum}"


def _stem_level(old: Instrument, before: ResponseSet, after: ResponseSet) -> ChangeLevel:
    found = likeness(before.stem, after.stem, old.languages)
    return {
        Likeness.SAME: ChangeLevel.SAME,
        Likeness.CORRECTED: ChangeLevel.PATCH,
        Likeness.REWRITTEN: ChangeLevel.MAJOR,
    }[found]


def about_items(old: Instrument, new: Instrument) -> Iterator[Reason]:
    """Changes of items that touch no scored set: wording corrected, order, rotating items, items without a scale."""
    for identity, before in old.items_by_id.items():
        after = new.items_by_id.get(identity)
        if after is None or after.scale != before.scale:
            continue
        text = likeness(before.text, after.text, old.languages)
        if text is Likeness.CORRECTED:
            yield Reason(
                ChangeLevel.PATCH,
                f"The text of “{identity}” was corrected; it reads like the same wording.",
                before.scale or NO_SCALE,
            )
        elif text is Likeness.REWRITTEN and identity not in {item.id for item in old.scored_items}:
            yield Reason(ChangeLevel.MINOR, f"“{identity}” was rewritten; give another wording another id.", NO_SCALE)
    noted = [
        identity
        for identity, before in old.items_by_id.items()
        if (after := new.items_by_id.get(identity)) and _item_notes(before) != _item_notes(after)
    ]
    if noted:
        yield Reason(ChangeLevel.PATCH, f"Facet or text-message wording changed: {', '.join(noted)}.", NO_SCALE)
    if _shared_order(old, new) != _shared_order(new, old):
        yield Reason(ChangeLevel.MINOR, "The items are asked in another order.")
    yield from _unscored_items(old, new)


def _item_notes(item: Item) -> tuple[object, ...]:
    return item.facet, dict(item.sms_text)


def _shared_order(first: Instrument, second: Instrument) -> list[str]:
    return [item.id for item in first.items if item.id in second.items_by_id]


def _unscored_items(old: Instrument, new: Instrument) -> Iterator[Reason]:
    before, after = ({item.id: item for item in version.items_apart} for version in (old, new))
    scored = {item.id for version in (old, new) for item in version.scored_items}
    if added := [identity for identity in after if identity not in before and identity not in scored]:
        yield Reason(ChangeLevel.MINOR, f"Items added that enter no score: {', '.join(added)}.", NO_SCALE)
    if removed := [identity for identity in before if identity not in after and identity not in scored]:
        yield Reason(ChangeLevel.MINOR, f"Items removed that entered no score: {', '.join(removed)}.", NO_SCALE)
    asked_otherwise = [
        identity
        for identity, item in before.items()
        if identity in after and _task(old, item) != _task(new, after[identity])
    ]
    if asked_otherwise:
        sentence = f"Items that enter no score are asked or kept differently: {', '.join(asked_otherwise)}."
        yield Reason(ChangeLevel.MINOR, sentence, NO_SCALE)


def _task(instrument: Instrument, item: Item) -> tuple[object, ...]:
    return item.scale, len(instrument.response_set_of(item).options), item.reverse_keyed, item.core


def about_scale(old: Instrument, new: Instrument, identity: str, common: tuple[Item, ...]) -> Iterator[Reason]:
    """What concerns one scale: how it is scored, and which of its items stayed."""
    before, after = old.scales_by_id[identity], new.scales_by_id[identity]
    for name, changed in (
        ("direction", before.direction != after.direction),
        ("missing-answer rule", before.missing_rule != after.missing_rule),
        ("transform", before.transform != after.transform),
    ):
        if changed:
            yield Reason(ChangeLevel.MAJOR, f"The scoring of “{identity}” changed: its {name}.", identity)
    yield from _about_scored_items(old, new, identity, common)


def _notes_of(scale: Scale) -> tuple[object, ...]:
    return dict(scale.title), scale.bands, scale.reference_sd, scale.shown_to_individual


def _about_scored_items(old: Instrument, new: Instrument, identity: str, common: tuple[Item, ...]) -> Iterator[Reason]:
    before = {item.id: item for item in old.core_items_of(old.scales_by_id[identity])}
    after = {item.id: item for item in new.core_items_of(new.scales_by_id[identity])}
    for shared in before.keys() & after.keys():
        if before[shared].reverse_keyed != after[shared].reverse_keyed:
            yield Reason(
                ChangeLevel.MAJOR, f"The scoring of “{identity}” changed: “{shared}” is keyed the other way.", identity
            )
    stays = [item.id for item in common]
    gone = [item for item in before if item not in after]
    came = [item for item in after if item not in before]
    altered = [item for item in before if item in after and item not in _unchanged_items(old, new, identity)]
    undeclared = [item for item in _unchanged_items(old, new, identity) if item not in stays]
    changes = [
        *([f"removed {', '.join(gone)}"] if gone else []),
        *([f"added {', '.join(came)}"] if came else []),
        *([f"altered {', '.join(altered)}"] if altered else []),
        *([f"no longer an anchor {', '.join(undeclared)}"] if undeclared else []),
    ]
    if changes:
        level = ChangeLevel.MINOR if len(stays) >= FEWEST_ANCHORS else ChangeLevel.MAJOR
        kept = f"{len(stays)} of its {len(before)} items stay" if stays else "none of its items stays"
        yield Reason(level, f"The items of “{identity}” changed ({'; '.join(changes)}): {kept}.", identity)


def about_scales_in_general(old: Instrument, new: Instrument) -> Iterator[Reason]:
    """Scales that came or went, and what is only noted about those that stayed."""
    noted = [
        scale.id
        for scale in new.scales
        if scale.id in old.scales_by_id and _notes_of(old.scales_by_id[scale.id]) != _notes_of(scale)
    ]
    if noted:
        yield Reason(ChangeLevel.PATCH, f"Titles, bands or spreads changed, no score: {', '.join(noted)}.", NO_SCALE)
    for scale in new.scales:
        if scale.id not in old.scales_by_id:
            yield Reason(ChangeLevel.MINOR, f"The scale “{scale.id}” is new: its line begins here.", scale.id)
    for scale in old.scales:
        if scale.id not in new.scales_by_id:
            yield Reason(ChangeLevel.MAJOR, f"The scale “{scale.id}” is no longer asked: its line ends.", scale.id)


def common_items(old: Instrument, new: Instrument, scale: str) -> tuple[Item, ...]:
    """The scale's core items that are the same task in both versions, less those declared unfit."""
    declared = _declared_anchors(old, new)
    unchanged = _unchanged_items(old, new, scale)
    return tuple(item for identity, item in unchanged.items() if declared is None or identity in declared)


def _declared_anchors(old: Instrument, new: Instrument) -> set[str] | None:
    """The items that may link two versions, where either declares them; None where neither says anything."""
    declared = [set(anchors.items) for anchors in new.anchors if anchors.reference == old.reference]
    declared += [set(anchors.items) for anchors in old.anchors if anchors.reference == new.reference]
    return set.intersection(*declared) if declared else None


def _unchanged_items(old: Instrument, new: Instrument, scale: str) -> Mapping[str, Item]:
    before = {item.id: item for item in old.core_items_of(old.scales_by_id[scale])}
    return {
        item.id: item
        for item in new.core_items_of(new.scales_by_id[scale])
        if item.id in before and _is_same_task(old, before[item.id], new, item)
    }


def _is_same_task(old: Instrument, before: Item, new: Instrument, after: Item) -> bool:
    ours, theirs = old.response_set_of(before), new.response_set_of(after)
    return (
        before.reverse_keyed == after.reverse_keyed
        and likeness(before.text, after.text, old.languages) is not Likeness.REWRITTEN
        and likeness(ours.stem, theirs.stem, old.languages) is not Likeness.REWRITTEN
        and _format_change(ours, theirs, old.languages, pomp_only=True)[0] is not ChangeLevel.MAJOR
    )


def _was_changed(found: Likeness) -> str:
    return "was corrected; it reads like the same wording" if found is Likeness.CORRECTED else "was rewritten"
