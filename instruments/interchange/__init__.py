"""Instruments in other people's formats: XLSForm, REDCap data dictionary, FHIR Questionnaire."""
