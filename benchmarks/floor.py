"""Two floors: a bare Flask form of as many items, one row a POST, and nothing else: no link, no lock, no sealing.

The one under `/p` is written as Flask's first pages show it, with `render_template_string`; the one under `/bare` has
its page compiled once. Served by the same server on the same kind of database, they say what the machine gives today.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from queue import LifoQueue
from typing import Any

import psycopg
from flask import Flask, render_template, render_template_string, request
from jinja2 import DictLoader

DATABASE_URL = os.environ.get("FLOOR_DATABASE_URL", "")
ITEMS = tuple(f"item-{number}" for number in range(12))
FORM = """<!doctype html><html lang="en"><title>How is work?</title><form method="post">
{% for item in items %}<fieldset><legend>A statement about work, number {{ loop.index }}</legend>
{% for value in range(1, 6) %}<label><input type="radio" name="{{ item }}" value="{{ value }}"> {{ value }}</label>
{% endfor %}</fieldset>{% endfor %}<button>Send</button></form></html>"""
THANKS = """<!doctype html><html lang="en"><title>Thank you</title><p>Your {{ count }} answers are in.</p></html>"""

app = Flask(__name__)
app.jinja_loader = DictLoader({"form.html": FORM, "thanks.html": THANKS})  # compiled once
_IS_SQLITE = DATABASE_URL.startswith("sqlite")
_INSERT = f"INSERT INTO floor_answers VALUES ({'?, ?' if _IS_SQLITE else '%s, %s'})"
_CONNECTIONS: LifoQueue[Any] = LifoQueue()  # Any: connections of either database
for _ in range(4):
    _CONNECTIONS.put(None)


def _connect() -> Any:  # Any: as above
    if not _IS_SQLITE:
        return psycopg.connect(DATABASE_URL, autocommit=True)
    path = DATABASE_URL.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@app.get("/p/<token>")
def show(token: str) -> str:  # noqa: ARG001 - as the product's address
    return render_template_string(FORM, items=ITEMS)


@app.post("/p/<token>")
def answer(token: str) -> str:  # noqa: ARG001 - as the product's address
    return render_template_string(THANKS, count=_keep())


@app.get("/bare/<token>")
def show_bare(token: str) -> str:  # noqa: ARG001 - as the product's address
    return render_template("form.html", items=ITEMS)


@app.post("/bare/<token>")
def answer_bare(token: str) -> str:  # noqa: ARG001 - as the product's address
    return render_template("thanks.html", count=_keep())


def _keep() -> int:
    given = {name: value for name, value in request.form.items() if value in "12345"}
    connection = _CONNECTIONS.get() or _connect()
    try:
        connection.execute(_INSERT, (uuid.uuid4().hex, json.dumps(given)))
    finally:
        _CONNECTIONS.put(connection)
    return len(given)
