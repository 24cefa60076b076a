"""What differs between two versions, rule by rule, each difference with what it does to lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from instruments.changes import NO_SCALE, ChangeLevel, Reason
from instruments.definitions import Instrument, Item, Scale, TransformKind
from instruments.formats import format_change
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
    yield from _about_languages(old, new)
    if _labels_of(old) != _labels_of(new):
        yield Reason(
            ChangeLevel.PATCH, "Title, owner, source, licence or length in seconds changed; nothing that is asked."
        )


def _about_languages(old: Instrument, new: Instrument) -> Iterator[Reason]:
    if old.languages[0] != new.languages[0]:
        yield Reason(ChangeLevel.MINOR, f"It is written in {new.languages[0]} now, and was in {old.languages[0]}.")
    if added := sorted(set(new.languages) - set(old.languages)):
        yield Reason(ChangeLevel.MINOR, f"New language: {', '.join(added)}.")
    if removed := sorted(set(old.languages) - set(new.languages)):
        yield Reason(ChangeLevel.MINOR, f"Language no longer there: {', '.join(removed)}.")


def _labels_of(instrument: Instrument) -> tuple[object, ...]:
    return (
        *(dict(instrument.title), instrument.owner, instrument.source, instrument.citation),
        *(instrument.licence, instrument.estimated_seconds),
    )


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
        if identity in after and _is_asked_otherwise(old, item, new, after[identity])
    ]
    if asked_otherwise:
        sentence = f"Items that enter no score are asked or kept differently: {', '.join(asked_otherwise)}."
        yield Reason(ChangeLevel.MINOR, sentence, NO_SCALE)


def _is_asked_otherwise(old: Instrument, before: Item, new: Instrument, after: Item) -> bool:
    if (before.scale, before.reverse_keyed, before.core) != (after.scale, after.reverse_keyed, after.core):
        return True
    ours, theirs = old.response_set_of(before), new.response_set_of(after)
    return format_change(ours, theirs, old.languages, codes_count=True)[0] is ChangeLevel.MAJOR


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
    if _sums_codes(after) and len(old.core_items_of(before)) != len(new.core_items_of(after)):
        yield Reason(
            ChangeLevel.MAJOR, f"The scoring of “{identity}” changed: it adds up another number of items.", identity
        )
    yield from _about_formats(old, new, identity)
    yield from _about_scored_items(old, new, identity, common)


def _sums_codes(scale: Scale) -> bool:
    return scale.transform.kind in {TransformKind.SUM, TransformKind.LOOKUP}


def _about_formats(old: Instrument, new: Instrument, identity: str) -> Iterator[Reason]:
    """Changes of what the scale's items that are still there are answered with, each said once."""
    before, after = old.scales_by_id[identity], new.scales_by_id[identity]
    codes_count = any(scale.transform.kind is not TransformKind.POMP for scale in (before, after))
    stayed = {item.id: item for item in old.core_items_of(before)}
    changes = {
        format_change(
            old.response_set_of(stayed[item.id]), new.response_set_of(item), old.languages, codes_count=codes_count
        ): None
        for item in new.core_items_of(after)
        if item.id in stayed
    }
    for level, sentence in changes:
        if level > ChangeLevel.SAME:
            yield Reason(level, f"{sentence}.", identity)


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
        and format_change(ours, theirs, old.languages, codes_count=False)[0] is not ChangeLevel.MAJOR
    )


def _was_changed(found: Likeness) -> str:
    return "was corrected; it reads like the same wording" if found is Likeness.CORRECTED else "was rewritten"
