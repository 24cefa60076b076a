"""Compile a design once, fill it with rows, draw it. Only a job may import this: drawing holds the interpreter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from dashboards.snapshots import StoredChart

Rows = Sequence[Mapping[str, str | float]]
"""Values for one named dataset: published figures, ISO dates and words, nothing else."""


@dataclass(frozen=True)
class Design:
    """A compiled chart with named, empty datasets."""

    vega: str
    datasets: frozenset[str]


def compile_design(
    chart: alt.LayerChart | alt.FacetChart, datasets: Sequence[str], config: Mapping[str, Any]
) -> Design:  # Any: Vega-Lite JSON
    """Compile an Altair chart whose layers use these named datasets."""
    specification = chart.to_dict()
    specification["config"] = dict(config)
    specification["datasets"] = {name: [] for name in datasets}
    vega = vl_convert.vegalite_to_vega(specification)
    return Design(json.dumps(vega), frozenset(datasets))


def draw(design: Design, rows: Mapping[str, Rows]) -> StoredChart:
    """Fill a design's datasets and draw it. The same rows give the same picture and fingerprint."""
    vega = json.loads(design.vega)
    for dataset in vega["data"]:
        if dataset["name"] in design.datasets:
            dataset["values"] = list(rows.get(dataset["name"], ()))
    filled = json.dumps(vega, allow_nan=False, sort_keys=True)
    svg = str(vl_convert.vega_to_svg(filled))
    return StoredChart(svg=svg, fingerprint=hashlib.sha256(filled.encode()).hexdigest()[:16])
