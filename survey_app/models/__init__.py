"""The tables, one module an aggregate. Rows never leave `survey_app`."""
