"""Put an instrument together from what a foreign file holds, noting whatever had to be changed or left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from instruments.errors import InvalidInstrumentFile
from instruments.files import from_document
from instruments.interchange.carrying import Details, Imported, Loss, require_texts
from instruments.schemas import LONGEST_TEXT, MOST_ITEMS, MOST_OPTIONS

NOT_STATED = "Not stated"
_SECONDS_AN_ITEM = 7
_STAND_INS = frozenset({77, 88, 97, 98, 99, 777, 888, 997, 998, 999})  # usual codes of “don’t know” and “no answer”
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Option:
    """A response option as a foreign file has it: its code, its label by language, its weight if it states one."""

    code: str
    label: Mapping[str, str]
    weight: float | None = None


@dataclass
class Draft:
    """An instrument in the making."""

    source: str
    languages: tuple[str, ...]
    losses: list[Loss] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)  # Any: parts of a document, checked when it is built
    response_sets: list[dict[str, Any]] = field(default_factory=list)  # Any: as above

    def lose(self, where: str, sentence: str) -> None:
        """Note something that is not carried."""
        self.losses.append(Loss(where, sentence))

    def add_item(
        self, name: str, text: Mapping[str, str], options: Sequence[Option], *, stem: Mapping[str, str], set_name: str
    ) -> None:
        """Add an item that is answered with these options, if it can be asked here at all.

        Raises
        ------
        InvalidInstrumentFile
            There are more items than an instrument may have.
        """
        if len(self.items) == MOST_ITEMS:
            raise InvalidInstrumentFile(self.source, [f"has more than {MOST_ITEMS} items; divide it"])
        where = name or f"item {len(self.items) + 1}"
        wording = {language: clean(value) for language, value in text.items() if clean(value)}
        if not 2 <= len(options) <= MOST_OPTIONS:
            self.lose(where, f"is not carried: it has {len(options)} options, and 2 to {MOST_OPTIONS} can be shown")
            return
        require_texts(self.source, wording.values())
        if any(len(value) > LONGEST_TEXT for value in wording.values()):
            self.lose(where, f"is not carried: its text is longer than {LONGEST_TEXT:,} letters")
            return
        if not wording:
            self.lose(where, "has no text; its name stands in for it")
            wording = {self.languages[0]: where}
        identity = self._unused(name, [item["id"] for item in self.items], where)
        response_set = self._response_set(set_name, options, stem, where)
        self.items.append({"id": identity, "text": wording, "response_set": response_set})

    def finish(self, details: Details, *, name: str, title: Mapping[str, str], version: str) -> Imported:
        """Build the instrument.

        Raises
        ------
        InvalidInstrumentFile
            Nothing of the file can be carried, or a detail that was given breaks a rule.
        """
        if not self.items:
            problems = [f"nothing in it can be asked here ({len(self.losses)} things were looked at)"]
            raise InvalidInstrumentFile(self.source, [*problems, *map(str, self.losses)])
        languages = self._complete_languages()
        identity = details.id or _identifier(name) or "imported"
        document = {
            "id": identity,
            "version": details.version or self._version(version),
            "title": self._only(languages, title, identity),
            "owner": details.owner or self._unstated("owner"),
            "licence": {
                "name": details.licence or self._unstated("licence"),
                "permission_required": details.permission_required,
            },
            "recall_window": dict.fromkeys(languages, NOT_STATED),
            "languages": list(languages),
            "estimated_seconds": min(3_600, max(1, _SECONDS_AN_ITEM * len(self.items))),
            "response_sets": [self._translated(languages, part) for part in self.response_sets],
            "scales": [],
            "items": [{**item, "text": self._only(languages, item["text"], item["id"])} for item in self.items],
        }
        self.lose("recall window", "is not stated in the file; write it down before you compare versions")
        self.lose("scales", "are not stated in the file; without them nothing is scored")
        return Imported(from_document(document, source=self.source), tuple(self.losses))

    def _response_set(self, name: str, options: Sequence[Option], stem: Mapping[str, str], where: str) -> str:
        values, kind = self._values(options, where)
        made: dict[str, Any] = {  # Any: as above
            "kind": kind,
            "stem": {language: clean(value) for language, value in stem.items() if clean(value)},
            "options": [
                {"value": value, "label": self._label(option, where)}
                for value, option in zip(values, options, strict=True)
            ],
        }
        for known in self.response_sets:
            if {key: value for key, value in known.items() if key != "id"} == made:
                return str(known["id"])
        taken = [known["id"] for known in self.response_sets]
        identity = _first_free(_identifier(name) or "options", taken)
        self.response_sets.append({"id": identity, **made})
        return identity

    def _label(self, option: Option, where: str) -> dict[str, str]:
        label = {language: clean(text) for language, text in option.label.items() if clean(text)}
        if not label:
            self.lose(where, f"its option {option.code} has no label; its code stands in for it")
        return label or {self.languages[0]: clean(option.code) or "?"}

    def _values(self, options: Sequence[Option], where: str) -> tuple[list[int], str]:
        """Values that rise by one: the file's own where they do, else new ones, which is said."""
        given = [_whole(option.weight if option.weight is not None else option.code) for option in options]
        numbers = [number for number in given if number is not None]
        if len(numbers) == len(given) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            return numbers, "ordinal"
        steps = {after > before for before, after in pairwise(numbers)}
        is_order = len(set(numbers)) == len(given) and len(steps) == 1 and not _STAND_INS.intersection(numbers)
        kind = "ordinal" if is_order else "nominal"
        codes = ", ".join(option.code for option in options[:6]) + (", …" if len(options) > 6 else "")
        how = "in their order" if kind == "ordinal" else "without an order"
        self.lose(where, f"its codes {codes} do not rise by one; they become 1 to {len(options)}, {how}")
        return list(range(1, len(options) + 1)), kind

    def _unused(self, name: str, taken: Iterable[str], where: str) -> str:
        wanted = _identifier(name) or f"item_{len(self.items) + 1}"
        identity = _first_free(wanted, taken)
        if identity != name:
            self.lose(where, f"its name becomes {identity}")
        return identity

    def _version(self, version: str) -> str:
        if re.fullmatch(r"\d{1,6}\.\d{1,6}\.\d{1,6}", version):
            return version
        stated = f"{clean(version)} is not three numbers" if clean(version) else "is not stated in the file"
        self.lose("version", f"{stated}; 1.0.0 was taken")
        return "1.0.0"

    def _unstated(self, what: str) -> str:
        self.lose(what, "is not stated in the file; say it before the instrument is used")
        return NOT_STATED

    def _complete_languages(self) -> tuple[str, ...]:
        """The languages that every item and option has; the first always, another's text standing in where needed."""
        wordings = [item["text"] for item in self.items]
        wordings += [option["label"] for part in self.response_sets for option in part["options"]]
        complete = [language for language in self.languages[1:] if all(language in wording for wording in wordings)]
        for language in self.languages[1:]:
            if language not in complete:
                self.lose(f"language {language}", "is not carried: not every item and option has a text in it")
        if any(self.languages[0] not in wording for wording in wordings):
            self.lose(f"language {self.languages[0]}", "some texts are missing in it; another language stands in")
        return (self.languages[0], *complete)

    def _translated(self, languages: Sequence[str], part: Mapping[str, Any]) -> dict[str, Any]:  # Any: as above
        stem = self._only(languages, part["stem"], "") if part["stem"] else {}
        options = [
            {**option, "label": self._only(languages, option["label"], str(option["value"]))}
            for option in part["options"]
        ]
        return {**part, "stem": stem, "options": options}

    @staticmethod
    def _only(languages: Sequence[str], wording: Mapping[str, str], otherwise: str) -> dict[str, str]:
        any_text = next((clean(text) for text in wording.values() if clean(text)), otherwise)
        return {language: clean(wording.get(language, "")) or any_text for language in languages}


def clean(text: str) -> str:
    """A text without control characters, line breaks and blank ends; what is a valid wording is left as it is."""
    plain = "".join(
        " " if unicodedata.category(letter) in _UNPRINTABLE or letter in "\ufffe\uffff" else letter for letter in text
    )
    return plain.strip()


def _identifier(name: str) -> str:
    """The name in the letters that an id may have."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"^[^A-Za-z]+", "", re.sub(r"[^A-Za-z0-9_-]+", "_", plain))[:64].rstrip("_-")


def _first_free(wanted: str, taken: Iterable[str]) -> str:
    used = set(taken)
    candidates = (wanted, *(f"{wanted[:59]}_{number}" for number in range(2, len(used) + 3)))
    return next(name for name in candidates if name not in used)


def _whole(value: float | str) -> int | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() and abs(number) <= 1_000 else None
