"""The reference page of reports names every kind of evidence and every part of the JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

from andon.report import charts, machine
from andon.report.findings import NAMES
from report.samples import diagnosis

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "report.md").read_text(encoding="utf-8")


def test_every_kind_of_evidence_is_documented_with_its_columns() -> None:
    kinds = PAGE.partition("| kind | shows | columns |")[2]
    for name, kind in charts.KINDS.items():
        row = re.search(rf"^\| `{name}` \|.*$", kinds, re.MULTILINE)
        assert row, name
        assert kind.says in row[0]
        for column in kind.columns:
            assert f"`{column.name}`" in row[0], (name, column.name)


def test_every_key_of_the_json_is_documented() -> None:
    document = json.loads(machine.write(diagnosis()))
    parts = [document, document["findings"][0], document["findings"][0]["evidence"][0]]
    parts += [document["quality"], document["provenance"], document["quality"]["runs"][0]]
    parts += [document["quality"]["checks"][0], document["quality"]["notes"][0]]
    for part in parts:
        for key in part:
            assert f"`{key}`" in PAGE, key


def test_every_finding_is_documented() -> None:
    for key, name in NAMES.items():
        assert f"`{key}`" in PAGE
        assert name.split()[0] in PAGE
    assert machine.SCHEMA in PAGE
