"""Tables of results as flat rows: CSV, JSON, JSON lines, and the run folders of MLflow."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimlint.errors import ClaimlintError

_WHY = "Results that are not read cannot become entries of the manifest."
_LISTED_UNDER = ("results", "experiments", "runs", "rows", "data")
#: How MLflow's ``meta.yaml`` numbers what became of a run.
_STATUS = {"1": "running", "2": "planned", "3": "done", "4": "failed", "5": "failed"}


@dataclass(frozen=True, slots=True)
class Row:
    """One result: its ``place`` (``results.csv:3``), and its values by column, with dots in nested names."""

    place: str
    values: Mapping[str, Any]


def read_rows(source: Path) -> list[Row]:
    """The rows of a table, or the runs below a folder of MLflow.

    Raises:
        ClaimlintError: nothing is there, it cannot be read, or it is no table.
    """
    if source.is_dir():
        rows = list(_runs(source))
    else:
        readers = {".csv": _csv, ".tsv": _csv, ".json": _json, ".jsonl": _json_lines}
        reader = readers.get(source.suffix.lower())
        if reader is None:
            raise ClaimlintError(
                f"{source}: results are read from .csv, .tsv, .json, .jsonl, .toml and folders of MLflow",
                _WHY,
                "Save the results in one of these forms.",
            )
        rows = list(reader(source, _text(source)))
    if not rows:
        raise ClaimlintError(
            f"{source}: holds no results",
            _WHY,
            "Give a table with a row per experiment, or a folder with runs.",
        )
    return rows


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClaimlintError(f"{path}: byte {error.start} is not UTF-8", _WHY, "Save it as UTF-8.") from error
    except OSError as error:
        raise ClaimlintError(
            f"{path}: cannot be read ({error.strerror})", _WHY, "Check the path and the file's permissions."
        ) from error


def _csv(path: Path, text: str) -> Iterator[Row]:
    try:
        dialect = csv.Sniffer().sniff(text[:4096].splitlines()[0], ",;\t") if text.strip() else csv.excel
    except csv.Error:
        dialect = csv.excel
    # A quoted cell may hold commas or line ends that the first line does not show.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
    try:
        header = next(rows, [])
        for cells in rows:
            if any(cell.strip() for cell in cells):
                place = f"{path}:{rows.line_num}"
                if len(cells) != len(header):
                    raise ClaimlintError(
                        f"{place}: {len(cells)} cells below {len(header)} headings",
                        "Its numbers would stand under the wrong headings.",
                        "Mend the row; cells that hold a comma stand in double quotes.",
                    )
                pairs = zip(header, cells, strict=True)
                yield Row(place, {name.strip(): cell.strip() for name, cell in pairs if cell.strip()})
    except csv.Error as error:
        raise ClaimlintError(f"{path}:{rows.line_num}: {error}", _WHY, "Mend the row.") from error


def _json(path: Path, text: str) -> Iterator[Row]:
    data = _parsed(path, text, 1)
    if isinstance(data, dict):
        data = next((data[key] for key in _LISTED_UNDER if isinstance(data.get(key), list)), data)
    if isinstance(data, dict):
        # {"probe-l8": {...}, ...}: the names are the ids; else the whole is one result.
        named = bool(data) and all(isinstance(value, dict) for value in data.values())
        data = [{"id": name, **value} for name, value in data.items()] if named else [data]
    for number, entry in enumerate(data if isinstance(data, list) else [data]):
        yield _row(f"{path}[{number}]", entry)


def _json_lines(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _row(f"{path}:{number}", _parsed(path, line, number))


def _parsed(path: Path, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{path}:{line + error.lineno - 1}:{error.colno}"
        raise ClaimlintError(f"{place}: not valid JSON: {error.msg}", _WHY, "Mend the line.") from error


def _row(place: str, entry: Any) -> Row:
    if not isinstance(entry, dict):
        raise ClaimlintError(
            f"{place}: expected a table of fields, got {json.dumps(entry)[:40]}",
            _WHY,
            "Write each result as an object whose keys are the columns.",
        )
    return Row(place, dict(_flat(entry)))


def _flat(entry: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in entry.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif value is not None:
            yield f"{before}{name}", value


def _runs(folder: Path) -> Iterator[Row]:
    """Every run below a folder of MLflow's file store, by path; deleted ones are left out."""
    for meta in sorted([*folder.glob("meta.yaml"), *folder.glob("**/meta.yaml")]):
        run = meta.parent
        described = _text(meta)
        if not (run / "metrics").is_dir() or re.search(r"^lifecycle_stage: deleted", described, re.MULTILINE):
            continue
        status = re.search(r"^status: (\d)", described, re.MULTILINE)
        values: dict[str, Any] = {"run_id": run.name}
        values["status"] = _STATUS.get(status[1] if status else "3", "done")
        for kind in ("params", "metrics", "tags"):
            for file in sorted(path for path in (run / kind).glob("**/*") if path.is_file()):
                name = file.relative_to(run / kind).as_posix()
                text = _text(file).strip()
                values[f"{kind}.{name}"] = _last(file, text) if kind == "metrics" else text
        yield Row(str(run), values)


def _last(file: Path, text: str) -> str:
    """The last value of a metric; each line holds time, value and step."""
    fields = text.splitlines()[-1].split() if text else []
    if len(fields) < 2:
        raise ClaimlintError(
            f"{file}: {text[-40:]!r} is no line of a metric", _WHY, "Each line holds time, value and step."
        )
    return fields[1]
