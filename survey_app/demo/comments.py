"""What the demo's people write, and the programme lead who reads it first."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from survey_app.crypto.vault import Vault
from survey_app.use_cases.moderation import batches_to_read, decide

SHARE_WHO_WRITE = 0.15

_WRITTEN = (
    "The new duty rota helps. I can plan my visits again.",
    "Too many forms for one visit. Could we try one page?",
    "Good to hear what came of the last pulse.",
    "I would like ten minutes after a hard visit before the next call.",
    "We talk about it in team meetings now, which we did not before.",
    "Parking at the office costs me half an hour a day.",
    "Supervision was cancelled twice this month.",
    "It is a good team. The work is what it is.",
    "More admin support would give us time with families.",
    "The out-of-hours phone keeps me awake.",
    "I feel heard when we decide things together.",
    "Please keep the quiet room.",
)


def write_something(chance: np.random.Generator) -> str:
    """A comment, or nothing: most people write none."""
    return str(chance.choice(_WRITTEN)) if chance.random() < SHARE_WHO_WRITE else ""


def read_everything(programme: str, now: datetime, vault: Vault) -> None:
    """Release whatever waits, as somebody would in whose programme nobody is named."""
    for batch in batches_to_read(programme, vault):
        for comment in batch.comments:
            decide(programme, comment.id, comment.text, by="Dev Patel", now=now, vault=vault)
