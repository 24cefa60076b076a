"""Charts: designed once with Altair, filled with published values, drawn as SVG by a job and never by a page."""
