"""What other tools' formats have no word for."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.definitions import Instrument, Item, ResponseKind
from instruments.interchange.carrying import Loss


def losses_of_item(item: Item) -> Iterator[Loss]:
    """What no format but our own and XLSForm holds of an item."""
    if item.scale is not None:
        keyed = ", reverse-keyed" if item.reverse_keyed else ""
        yield Loss(item.id, f"that it is scored in {item.scale}{keyed} is not carried")
    if not item.core:
        yield Loss(item.id, "that it rotates is not carried: everybody will be asked")
    if item.sms_text:
        yield Loss(item.id, "its text-message wording is not carried")
    if item.facet:
        yield Loss(item.id, "its facet is not carried")


def losses_of_the_whole(instrument: Instrument) -> Iterator[Loss]:
    """What no format but our own and XLSForm holds of an instrument as a whole."""
    for scale in instrument.scales:
        yield Loss(
            f"scale {scale.id}", "its direction, missing-answer rule, transform, bands and spread are not carried"
        )
    for options in instrument.response_sets:
        if options.kind is ResponseKind.NOMINAL:
            yield Loss(f"options {options.id}", "that they have no order is not carried")
    yield Loss("recall window", "is not carried")
    yield Loss("length", "the estimated seconds are not carried")
    if instrument.anchors:
        yield Loss("anchors", "are not carried")
