"""The floor: the least that a web form in Python can do. Bare Flask, one page of the product's size, one row a POST.

Served by the same server on the same kind of database, it says what the machine gives today.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from typing import Any

import psycopg
from flask import Flask, request

DATABASE_URL = os.environ.get("FLOOR_DATABASE_URL", "")
PAGE = ("<!doctype html><title>Form</title><form method=post>" + "<p>A line of a form.</p>" * 100 + "</form>").encode()

app = Flask(__name__)
_LOCAL = threading.local()


def _connection() -> Any:  # Any: the connection of either database
    if not hasattr(_LOCAL, "connection"):
        if DATABASE_URL.startswith("sqlite"):
            path = DATABASE_URL.removeprefix("sqlite:///")
            _LOCAL.connection = sqlite3.connect(path, isolation_level=None, timeout=10)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
                _LOCAL.connection.execute(f"PRAGMA {pragma}")
            _LOCAL.insert = "INSERT INTO floor_answers VALUES (?, ?)"
        else:
            _LOCAL.connection = psycopg.connect(DATABASE_URL, autocommit=True)
            _LOCAL.insert = "INSERT INTO floor_answers VALUES (%s, %s)"
    return _LOCAL.connection


@app.get("/p/<token>")
def show(token: str) -> bytes:  # noqa: ARG001 - as the product's address
    return PAGE


@app.post("/p/<token>")
def answer(token: str) -> str:  # noqa: ARG001 - as the product's address
    given = ",".join(f"{name}={value}" for name, value in request.form.items())
    _connection().execute(_LOCAL.insert, (uuid.uuid4().hex, given))
    return "thanks"
