"""The report for machines: one JSON document that holds the findings and every figure.

Names and units are those of Python. Keys come in one fixed order, so that equal diagnoses give
equal bytes. :func:`read` gives back the diagnosis that :func:`write` was given.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from typing import Any, Final, cast

from andon.errors import ReportError
from andon.estimate import Estimate, Unknown, from_json
from andon.finding import Evidence, Finding, Provenance, Row
from andon.ledger.checks import Severity
from andon.report.diagnosis import Diagnosis
from andon.report.quality import CheckCount, IngestRun, Note, Quality

__all__ = ["SCHEMA", "read", "write"]

SCHEMA: Final = "andon.diagnosis/1"
"""Name and version of the document's shape; a change that breaks readers raises the number."""


def write(diagnosis: Diagnosis) -> str:
    """The diagnosis as JSON text, ending in a line break."""
    text = json.dumps(_diagnosis_out(diagnosis), indent=1, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def read(text: str) -> Diagnosis:
    """The diagnosis that a JSON text holds.

    Raises
    ------
    ReportError
        If the text is not JSON, is of another schema, or lacks a part.
    """
    try:
        document = json.loads(text)
    except ValueError as problem:
        raise ReportError(
            "The report's JSON cannot be read.",
            found=str(problem),
            todo="Give the HTML or JSON file as `andon diagnose` wrote it.",
        ) from problem
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise ReportError(
            "The file is JSON, but not a diagnosis that this version of Andon reads.",
            found=f"schema: {schema!r}",
            todo=f"Give a report with the schema {SCHEMA!r}.",
        )
    try:
        return _diagnosis_in(document)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise ReportError(
            "The report's JSON lacks a part, or a part has the wrong type.",
            found=f"{type(problem).__name__}: {problem}",
            todo="Write the report again with `andon diagnose`.",
        ) from problem


# ---------------------------------------------------------------- out


def _diagnosis_out(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "operation": diagnosis.operation,
        "zone": diagnosis.zone,
        "first_day": diagnosis.first_day.isoformat(),
        "last_day": diagnosis.last_day.isoformat(),
        "made": diagnosis.made,
        "contacts": diagnosis.contacts,
        "channels": list(diagnosis.channels),
        "summary": list(diagnosis.summary),
        "key_figures": list(diagnosis.key_figures),
        "findings": [_finding_out(finding) for finding in diagnosis.findings],
        "figures": _figures_out(diagnosis.figures),
        "groups": [_evidence_out(each) for each in diagnosis.groups],
        "data": [_evidence_out(each) for each in diagnosis.data],
        "quality": _quality_out(diagnosis.quality),
        "provenance": _provenance_out(diagnosis.provenance),
    }


def _finding_out(finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "headline": finding.headline,
        "estimate": finding.estimate.as_json(),
        "cost_h": None if finding.cost_h is None else finding.cost_h.as_json(),
        "scope": finding.scope,
        "meaning": finding.meaning,
        "next_step": finding.next_step,
        "caveats": list(finding.caveats),
        "method": finding.method,
        "figures": _figures_out(finding.figures),
        "evidence": [_evidence_out(each) for each in finding.evidence],
        "provenance": _provenance_out(finding.provenance),
    }


def _figures_out(figures: Mapping[str, Estimate | Unknown]) -> dict[str, Any]:
    return {name: figures[name].as_json() for name in sorted(figures)}


def _evidence_out(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": evidence.kind,
        "title": evidence.title,
        "subtitle": evidence.subtitle,
        "alt": evidence.alt,
        "rows": [{name: _plain(value) for name, value in row.items()} for row in evidence.rows],
    }


def _plain(value: object) -> object:
    """What is not finite is not a number for JSON, nor for people."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _provenance_out(provenance: Provenance) -> dict[str, Any]:
    return {
        "question": provenance.question,
        "tables": {name: provenance.tables[name] for name in sorted(provenance.tables)},
        "parameters": {
            name: _listed(provenance.parameters[name]) for name in sorted(provenance.parameters)
        },
        "code_version": provenance.code_version,
    }


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _quality_out(quality: Quality) -> dict[str, Any]:
    return {
        "runs": [
            {
                "file": run.file,
                "source": run.source,
                "read": run.read,
                "added": run.added,
                "changed": run.changed,
                "unchanged": run.unchanged,
                "quarantined": run.quarantined,
                "law_holds": run.law_holds,
            }
            for run in quality.runs
        ],
        "checks": [
            {
                "name": check.name,
                "says": check.says,
                "severity": check.severity,
                "rows": check.rows,
            }
            for check in quality.checks
        ],
        "silent_days": [day.isoformat() for day in quality.silent_days],
        "notes": [{"fine": note.fine, "says": note.says} for note in quality.notes],
    }


# ---------------------------------------------------------------- in


def _diagnosis_in(document: Mapping[str, Any]) -> Diagnosis:
    return Diagnosis(
        operation=document["operation"],
        zone=document["zone"],
        first_day=dt.date.fromisoformat(document["first_day"]),
        last_day=dt.date.fromisoformat(document["last_day"]),
        made=document["made"],
        contacts=document["contacts"],
        channels=tuple(document["channels"]),
        summary=tuple(document["summary"]),
        key_figures=tuple(document["key_figures"]),
        findings=tuple(_finding_in(each) for each in document["findings"]),
        figures=_figures_in(document["figures"]),
        groups=tuple(_evidence_in(each) for each in document["groups"]),
        data=tuple(_evidence_in(each) for each in document["data"]),
        quality=_quality_in(document["quality"]),
        provenance=_provenance_in(document["provenance"]),
    )


def _finding_in(part: Mapping[str, Any]) -> Finding:
    cost_h = None if part["cost_h"] is None else from_json(part["cost_h"])
    return Finding(
        key=part["key"],
        headline=part["headline"],
        estimate=from_json(part["estimate"]),
        cost_h=cost_h if isinstance(cost_h, Estimate) else None,
        scope=part["scope"],
        meaning=part["meaning"],
        next_step=part["next_step"],
        caveats=tuple(part["caveats"]),
        method=part["method"],
        figures=_figures_in(part["figures"]),
        evidence=tuple(_evidence_in(each) for each in part["evidence"]),
        provenance=_provenance_in(part["provenance"]),
    )


def _figures_in(part: Mapping[str, Any]) -> dict[str, Estimate | Unknown]:
    return {name: from_json(each) for name, each in part.items()}


def _evidence_in(part: Mapping[str, Any]) -> Evidence:
    return Evidence(
        kind=part["kind"],
        title=part["title"],
        subtitle=part["subtitle"],
        alt=part["alt"],
        rows=tuple(cast("Row", dict(row)) for row in part["rows"]),
    )


def _provenance_in(part: Mapping[str, Any]) -> Provenance:
    return Provenance(
        question=part["question"],
        tables=dict(part["tables"]),
        parameters=dict(part["parameters"]),
        code_version=part["code_version"],
    )


def _quality_in(part: Mapping[str, Any]) -> Quality:
    return Quality(
        runs=tuple(
            IngestRun(**{name: value for name, value in run.items() if name != "law_holds"})
            for run in part["runs"]
        ),
        checks=tuple(
            CheckCount(
                name=check["name"],
                says=check["says"],
                severity=cast("Severity", check["severity"]),
                rows=check["rows"],
            )
            for check in part["checks"]
        ),
        silent_days=tuple(dt.date.fromisoformat(each) for each in part["silent_days"]),
        notes=tuple(Note(**each) for each in part["notes"]),
    )
