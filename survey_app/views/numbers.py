"""Numbers in addresses."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map


class RowId(IntegerConverter):
    """A number that a row may have; a larger one is an address that is not there."""

    def __init__(self, of: Map) -> None:
        super().__init__(of, max=2**31 - 1)


def init_app(app: Flask) -> None:
    """What `<int:name>` in an address may be."""
    app.url_map.converters["int"] = RowId
