"""What people text back: STOP, START, HELP, or anything else, of which nothing is kept."""

from __future__ import annotations

from enum import StrEnum


class Wish(StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


_WORDS = {
    Wish.STOP: ("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
    Wish.START: ("start", "yes", "unstop"),
    Wish.HELP: ("help", "info"),
}
_WISHES = {word: wish for wish, words in _WORDS.items() for word in words}
_POLITE = frozenset({"please", "pls", "thanks", "now", "texting", "messages", "texts", "os", "gwelwch", "yn", "dda"})


def wish_of(body: str, opt_out_type: str = "") -> Wish:
    """What a reply asks for: by Twilio's own verdict where there is one, else by its words, polite ones left out.

    Examples
    --------
    >>> [str(wish_of(text)) for text in ("STOP please", " stop. ", "Yes", "I could not stop laughing")]
    ['stop', 'stop', 'start', 'other']
    """
    if opt_out_type.lower() in {"stop", "start", "help"}:
        return Wish(opt_out_type.lower())
    words = "".join(letter if letter.isalnum() else " " for letter in body.casefold()).split()
    return _WISHES.get(" ".join(word for word in words if word not in _POLITE), Wish.OTHER)
