"""What a person asked for and cannot have; each sentence says what to do instead."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date


class UseCaseError(Exception):
    """The family of all errors of this package. Its text is fit to be shown to whoever asked."""


class UnknownGroup(UseCaseError):
    """No group has this key."""

    def __init__(self, key: str, level: str) -> None:
        self.key = key
        super().__init__(f"There is no {level.replace('_', ' ')} with the key {key!r}.")


class UnknownSender(UseCaseError):
    """No sender account has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no sender account {name!r}. `pulse senders list` shows them all.")


class SenderTaken(UseCaseError):
    """A sender account that would take another's name or place."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is a sender account {what} already: remove it first (`pulse senders remove`).")


class UnknownPulse(UseCaseError):
    """No pulse has this key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no pulse with the key {key!r}.")


class UnknownWave(UseCaseError):
    """No wave has this key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no wave with the key {key!r}. `pulse waves list` shows them all.")


class NoAnswers(UseCaseError):
    """Too few answers to an instrument to tell anything of its scales."""

    def __init__(self, reference: str, people: int, needed: int) -> None:
        self.reference = reference
        super().__init__(f"{people} people have answered {reference} here; {needed} are needed. Name a file instead.")


class WrongWaveState(UseCaseError):
    """A wave that is not where it would have to be."""

    def __init__(self, key: str, state: str, needed: str) -> None:
        self.key = key
        self.state = state
        super().__init__(f"The wave {key!r} is {state}; it would have to be {needed}.")


class NobodyToInvite(UseCaseError):
    """A wave that would open for nobody."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The wave {key!r} would invite nobody: import a roster first (`pulse roster import`).")


class KeyTaken(UseCaseError):
    """A key that something else already has."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The key {key!r} is already taken; choose another.")


class UnusableKey(UseCaseError):
    """A key that could not stand in an address or in a file's name."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The key {key!r} cannot be used: it takes small letters, digits and hyphens only.")


class AlreadyPublished(UseCaseError):
    """Answers that would be published a second time, so that two publications could be compared."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The answers of the wave {key!r} have been published already; nothing is published twice.")


class WaveClosed(UseCaseError):
    """An answer that came after the wave was closed."""

    def __init__(self) -> None:
        super().__init__("This pulse has closed.")


class WavePaused(UseCaseError):
    """An answer that came while the wave was paused."""

    def __init__(self) -> None:
        super().__init__("This pulse is paused.")


class UnknownInvitation(UseCaseError):
    """A link that is nobody's."""

    def __init__(self) -> None:
        super().__init__("This link is not one of ours.")


class UnknownLink(UseCaseError):
    """A link to a shared page that is wrong, over or ended."""

    def __init__(self) -> None:
        super().__init__("This link is not good any more. Ask whoever shared it for a new one.")


class NoNewRange(UseCaseError):
    """A usual range that may not begin anew there; nothing was changed."""


class UnknownExport(UseCaseError):
    """An export that is not there, or no longer, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("This export is not there any more. They are kept for a day: order it again.")


class TooManyExports(UseCaseError):
    """More exports than one person needs at once."""

    def __init__(self) -> None:
        super().__init__("Several of your exports are being made already. Wait for one of them, then order this one.")


class NothingPublished(UseCaseError):
    """An export of a group of which nothing is published."""

    def __init__(self, group_key: str) -> None:
        super().__init__(f"Nothing is published of {group_key!r} yet, so there is nothing to export.")


class UnreadableFile(UseCaseError):
    """A file that cannot be used at all; nothing was changed."""


class UnknownUpload(UseCaseError):
    """An uploaded file that is not there, or no longer."""

    def __init__(self) -> None:
        super().__init__("This upload is not there any more. Files are kept for an hour: choose it again.")


class TooManyLeavers(UseCaseError):
    """So many people are not in a roster file that it may be a wrong one; nothing was changed."""

    def __init__(self, absent: int, everybody: int) -> None:
        self.absent = absent
        super().__init__(
            f"{absent} of {everybody} people are not in the file, which is more than a fifth. If they have left, say "
            "so: --however-many on the command line, or the box on the page."
        )


class PermissionMissing(UseCaseError):
    """A licensed instrument that nobody recorded a permission for."""

    def __init__(self, reference: str, owner: str) -> None:
        self.reference = reference
        super().__init__(
            f"{reference} may be used only with the permission of {owner}. Record it first: "
            f"pulse instruments permit {reference} --by NAME --scope WHAT --until DATE."
        )


class PermissionOver(UseCaseError):
    """A licensed instrument whose permission has run out."""

    def __init__(self, reference: str, ended_on: date) -> None:
        self.reference = reference
        super().__init__(
            f"The permission to use {reference} ended on {ended_on:%d %B %Y}. Nothing was changed. Renew it with "
            f"its owner and record it (pulse instruments permit), or let the pulse ask another version."
        )


class NothingScored(UseCaseError):
    """An instrument without a scale, from which nothing could ever be shown."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"{reference} has no scale, so nothing would be scored or shown. Give its items scales first.")


class LineWouldBreak(UseCaseError):
    """A change of version that would break lines, made without saying that this is meant."""

    def __init__(self, reference: str, before: str, reasons: tuple[str, ...]) -> None:
        self.reference = reference
        self.reasons = reasons
        super().__init__(
            f"Asking {reference} after {before} breaks the line: {' '.join(reasons)} Scores before and after will not "
            "be comparable. If that is meant, say so; a bridge wave can show how far apart the two are."
        )


class TooLongToAsk(UseCaseError):
    """An instrument of so many items that a full set of answers would not fit a ballot."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"{reference} asks each person more than a ballot can hold. Ask fewer items, or divide it.")


class UnknownKeyHolder(UseCaseError):
    """Nobody of this name holds copies of wave keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"No key holder has the name {name!r}. `pulse keys list` shows them.")


class UnusablePublicKey(UseCaseError):
    """Something that is no public key of a key holder."""

    def __init__(self) -> None:
        super().__init__("That is no public key. Give the 64 characters that `pulse keys make` printed.")


class UnknownAttribute(UseCaseError):
    """An item by which figures cannot be divided."""

    def __init__(self, item: str, reference: str, known: tuple[str, ...]) -> None:
        self.item = item
        super().__init__(
            f"Figures cannot be divided by {item!r}: {reference} has "
            f"{'only ' + ', '.join(known) if known else 'no item'} that everybody is asked and no scale counts."
        )


class CommentTooLong(UseCaseError):
    """A comment that does not fit."""

    def __init__(self, length: int, longest: int) -> None:
        self.length = length
        self.longest = longest
        super().__init__(f"Your comment has {length} characters; {longest} fit. Nothing has been sent yet.")


class UnknownComment(UseCaseError):
    """A comment that is not there to be decided on."""

    def __init__(self) -> None:
        super().__init__("This comment is not waiting any more: its batch is out, or it was never there.")


class UnknownParticipant(UseCaseError):
    """Nobody in an authority has this reference."""

    def __init__(self, staff_ref: str, authority: str) -> None:
        self.staff_ref = staff_ref
        super().__init__(f"Nobody in {authority!r} has the staff reference {staff_ref!r}. Nothing was changed.")


class TooManyReminders(UseCaseError):
    """More reminders than people should get."""

    def __init__(self) -> None:
        super().__init__("Two reminders at most, two days or more apart: more would cost answers. Nothing was changed.")


class RoleDoesNotFit(UseCaseError):
    """A role in a group of another level."""

    def __init__(self, role: str, group: str, levels: Collection[str]) -> None:
        wanted = " or ".join(sorted(level.replace("_", " ") for level in levels))
        super().__init__(f"The role {role.replace('_', ' ')} is one in a {wanted}. Choose another group than {group}.")


class UnknownRole(UseCaseError):
    """A role that is not there, or not theirs to end."""

    def __init__(self) -> None:
        super().__init__("There is no such role. Open the list again: it may have ended.")


class LastProgrammeLead(UseCaseError):
    """Ending a role would leave a programme without a lead."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the only programme lead. Give somebody else the role first.")


class NameTaken(UseCaseError):
    """A name that a group beside it has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a group {name} beside it already. Choose another name.")


class ChangedMeanwhile(UseCaseError):
    """Something that somebody else changed since the page was opened."""

    def __init__(self, found: str) -> None:
        super().__init__(f"Somebody has changed this since you opened the page: it is {found} now. Look again.")


class UnusableReorganisation(UseCaseError):
    """A move, merger, split or end of groups that cannot be. `field` names what is wrong with it."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(f"{sentence}.")


class UnusablePlan(UseCaseError):
    """A calendar that cannot be. `field` names what is wrong with it."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence)


class UnusableSmallChange(UseCaseError):
    """A small change or an idea that cannot be kept as it is. `field` names what is wrong with it."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence)


class UnknownSmallChange(UseCaseError):
    """A small change or an idea that a team does not have."""

    def __init__(self) -> None:
        super().__init__("There is no such small change. Open the list again.")


class TooManyIdeas(UseCaseError):
    """More ideas than anybody reads."""

    def __init__(self) -> None:
        super().__init__("Many ideas are waiting already. Please tell your team lead in person.")


class UnknownBlueprintItem(UseCaseError):
    """Something that nobody passed up to this authority."""

    def __init__(self) -> None:
        super().__init__("There is no such thing in this blueprint. Open the list again.")


class ProviderRefused(UseCaseError):
    """A provider that named nobody, or an answer that is not believed. `reason` is for the log, not for the page."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("Signing in that way did not work. Try again, or ask for a link by email.")


class NoAddressToTry(UseCaseError):
    """A message to oneself, without an address for it."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"There is no address of yours for {channel}: enter one.")


class TooManyTrials(UseCaseError):
    """More messages to oneself than anybody needs."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have sent yourself {most} messages within the hour. Wait a while.")


class OnlyRaised(UseCaseError):
    """A minimum group size that would be lowered."""

    def __init__(self, size: int) -> None:
        super().__init__(f"It is {size}, and can only be raised: people answered because nothing of fewer is shown.")


class NotByOneself(UseCaseError):
    """Something about oneself that others have to do."""

    def __init__(self) -> None:
        super().__init__("Ask two other programme leads: nobody gets a new app by their own word.")
