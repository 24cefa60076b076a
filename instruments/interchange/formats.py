"""The formats that instruments come in and go out in, by the names that commands and pages use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from instruments.definitions import Instrument
from instruments.interchange.carrying import Details, Exported, Imported, Loss, without_licensed_texts
from instruments.interchange.fhir_reader import read_fhir
from instruments.interchange.fhir_writer import fhir_losses, write_fhir_r4b, write_fhir_r5
from instruments.interchange.redcap import read_redcap, redcap_losses, write_redcap
from instruments.interchange.xlsform_reader import read_xlsform
from instruments.interchange.xlsform_writer import write_xlsform, xlsform_losses


@dataclass(frozen=True)
class Format:
    """A format of other people's: how it is read and written, and what its files are called."""

    title: str
    ending: str
    media_type: str
    write: Callable[[Instrument], Exported]
    losses: Callable[[Instrument], tuple[Loss, ...]]
    read: Callable[[bytes, str, Details], Imported]


_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FHIR = "application/fhir+json"

FORMATS: Mapping[str, Format] = {
    "xlsform": Format("XLSForm workbook", ".xlsx", _WORKBOOK, write_xlsform, xlsform_losses, read_xlsform),
    "redcap": Format(
        "REDCap data dictionary", ".csv", "text/csv; charset=utf-8", write_redcap, redcap_losses, read_redcap
    ),
    "fhir": Format("FHIR Questionnaire (R4B)", ".json", _FHIR, write_fhir_r4b, fhir_losses, read_fhir),
    "fhir-r5": Format("FHIR Questionnaire (R5)", ".json", _FHIR, write_fhir_r5, fhir_losses, read_fhir),
}


def losses_of(instrument: Instrument, name: str) -> tuple[Loss, ...]:
    """What of an instrument a format would not hold, before anything is written."""
    allowed, withheld = without_licensed_texts(instrument)
    return (*withheld, *FORMATS[name].losses(allowed))


def export(instrument: Instrument, name: str) -> Exported:
    """Write an instrument in one of `FORMATS`, without its items' texts where its licence forbids copying them."""
    allowed, withheld = without_licensed_texts(instrument)
    exported = FORMATS[name].write(allowed)
    return Exported(exported.content, (*withheld, *exported.losses))
