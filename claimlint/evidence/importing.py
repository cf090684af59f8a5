"""Results that somebody else's tool wrote, as entries of the manifest; all of them or none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimlint.errors import ClaimlintError, near_name
from claimlint.evidence.entries import manifest_of
from claimlint.evidence.files import file_digest
from claimlint.evidence.manifest import parse_manifest
from claimlint.evidence.model import Experiment, Manifest, Model, PromptSet
from claimlint.evidence.result_tables import Row, read_rows
from claimlint.evidence.store import present, update_manifest, with_entries

#: Columns that are known by these names, besides those that are named like a field.
ALIASES = {
    "layer": "target.layer",
    "head": "target.head",
    "site": "target.site",
    "neuron": "target.neuron",
    "feature": "target.feature",
    "position": "target.position",
    "metric": "effect.metric",
    "value": "effect.value",
    "unit": "effect.unit",
    "n": "effect.n",
    "ci_low": "effect.ci.0",
    "ci_high": "effect.ci.1",
    "seed": "seeds",
    "params.seed": "seeds",
    "tags.mlflow.source.git.commit": "versions.commit",
    "run_id": "settings.run_id",
}
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
#: Fields that are texts even where they look like numbers.
_TEXT = re.compile(
    r"id|method|model|prompts|behaviour|direction|stage|note|corruption|target\.(site|name)"
    r"|effect\.(metric|unit|ci_unit)|versions\..*|settings\.(run_id|imported_from)"
)
#: What a table cannot vouch for.
_OWN = ("grade", "arrays")
#: Tables whose names may hold dots.
_FREE = ("versions.", "settings.", "digests.")
_LISTS = ("seeds", "metrics", "replacement", "dose", "supports", "shown_in", "verified_by")


@dataclass(frozen=True, slots=True)
class Columns:
    """How rows become entries.

    Args:
        by_field: field to column; other columns named like a field, or as in `ALIASES`, need no mention.
        constants: field to value, the same in all rows.
        id: a pattern with columns in braces, such as ``probe-l{layer}``.
    """

    by_field: Mapping[str, str]
    constants: Mapping[str, str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """The entries that were written, and what was left out, with the reason."""

    ids: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def import_results(source: Path, target: Path, mapping: Columns) -> Imported:
    """Adds what ``source`` holds to the manifest at ``target``.

    Entries from a table are graded ``declared``: nothing but the table vouches for them. Its digest is kept.
    Models and prompt sets that the rows name and the manifest lacks are added by their names.

    Raises:
        ClaimlintError: a row fits no entry, two have one id, or an entry that came from a run would be
            replaced. The manifest is then left as it is.
    """
    if source.suffix.lower() == ".toml":
        return _add(parse_manifest(source), source, target)
    rows = read_rows(source)
    running = [row for row in rows if row.values.get("status") == "running"]
    finished = [row for row in rows if row not in running]
    digests = {} if source.is_dir() else {"source": file_digest(source)}
    entries = [_entry(row, mapping, digests) for row in finished]
    _distinct(finished, entries)
    left_out = [f"{row.place} (still running)" for row in running]
    columns = dict.fromkeys(column for row in finished for column in row.values)
    unread = [column for column in columns if not _is_read(column, mapping)]
    if unread:
        left_out.append(f"the columns {', '.join(unread)}, which are named like no field")
    return _add(_with_names(entries, target), source, target, tuple(left_out))


def _add(added: Manifest, source: Path, target: Path, left_out: tuple[str, ...] = ()) -> Imported:
    def merged(manifest: Manifest) -> Manifest:
        for entry in added.experiments:
            there = manifest.experiment(entry.id)
            if there and there.grade != "declared":
                raise ClaimlintError(
                    f'{source}: experiment "{entry.id}" is in {target} already, and {there.grade}',
                    "What a run recorded would be replaced by what a table says.",
                    "Give the imported entry another id, such as with --id.",
                )
        return with_entries(manifest, added.experiments, models=added.models, prompt_sets=added.prompt_sets)

    update_manifest(target, merged)
    return Imported(tuple(entry.id for entry in added.experiments), left_out)


def _with_names(entries: Sequence[Experiment], target: Path) -> Manifest:
    """The entries, with the models and prompt sets that they name and the manifest at ``target`` lacks."""
    there = present(target)
    models = {entry.model: None for entry in entries if entry.model and not there.model(entry.model)}
    prompts = {e.prompts: None for e in entries if e.prompts and not there.prompt_set(e.prompts)}
    return Manifest(
        version=1,
        models=tuple(Model(id=id) for id in models),
        prompt_sets=tuple(PromptSet(id=id) for id in prompts),
        experiments=tuple(entries),
    )


def _entry(row: Row, mapping: Columns, digests: Mapping[str, str]) -> Experiment:
    """The row as an experiment; a constant wins over a named column, and that over a field's own name."""
    missing = [column for column in mapping.by_field.values() if column not in row.values]
    missing += [name for name in _PLACEHOLDER.findall(mapping.id) if name not in row.values]
    if missing:
        raise ClaimlintError(
            f"{row.place}: there is no column {missing[0]!r}.{near_name(missing[0], row.values)}",
            "The field that it was to fill would stay empty.",
            f"The columns are: {', '.join(row.values)}.",
        )
    fields: dict[str, Any] = {}
    for column, value in row.values.items():
        field = ALIASES.get(column, column)
        if _is_field(field):
            fields[field] = value
    fields |= {field: row.values[column] for field, column in mapping.by_field.items()}
    fields |= mapping.constants
    if mapping.id:
        fields["id"] = _PLACEHOLDER.sub(lambda name: str(row.values[name[1]]), mapping.id)
    fields |= {f"digests.{name}": digest for name, digest in digests.items()}
    fields["settings.imported_from"] = row.place
    if "id" not in fields:
        raise ClaimlintError(
            f"{row.place}: no id",
            "Sentences and other entries refer to an experiment by its id.",
            "Make ids from columns, such as --id 'probe-l{layer}', or name the column: --column id=NAME.",
        )
    nested = _nested({field: _value(field, value) for field, value in fields.items()})
    return manifest_of({"experiments": [{**nested, "grade": "declared"}]}, row.place).experiments[0]


def _is_field(name: str) -> bool:
    """Whether a column is named like a field of the experiment, or of a table in it."""
    table, dot, _ = name.partition(".")
    return table in Experiment.model_fields and not (dot and table in _LISTS) and table not in _OWN


def _is_read(column: str, mapping: Columns) -> bool:
    """Whether a column goes into an entry; the tags that MLflow adds by itself need not."""
    used = {*mapping.by_field.values(), *_PLACEHOLDER.findall(mapping.id)}
    return column in used or column.startswith("tags.") or _is_field(ALIASES.get(column, column))


def _value(field: str, value: Any) -> Any:
    """A cell as the field takes it: texts stay texts, ``8; 9`` is a list, numbers are numbers."""
    if isinstance(value, str) and ";" in value:
        return [_scalar(field, part.strip()) for part in value.split(";") if part.strip()]
    read = _scalar(field, value)
    return [read] if field in _LISTS and not isinstance(read, list) else read


def _scalar(field: str, value: Any) -> Any:
    if not isinstance(value, str) or _TEXT.fullmatch(field):
        return value
    parsed = _parsed(value)
    # ``9.6`` is a head of layer 9, and no number.
    return value if field == "target.head" and isinstance(parsed, float) else parsed


def _parsed(value: str) -> Any:
    try:
        parsed = json.loads(value.lower() if value.lower() in ("true", "false") else value)
    except json.JSONDecodeError:
        return value
    return value if isinstance(parsed, dict | str) or parsed is None else parsed


def _nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Tables from dotted names; ``effect.ci.0`` and ``effect.ci.1`` are the ends of a list."""
    nested: dict[str, Any] = {}
    for field, value in sorted(fields.items()):
        *tables, name = field.split(".") if not field.startswith(_FREE) else field.split(".", 1)
        place = nested
        for table in tables:
            place = place.setdefault(table, {})
        place[name] = value
    ends = nested.get("effect", {}).get("ci")
    if isinstance(ends, dict):
        nested["effect"]["ci"] = [ends[end] for end in sorted(ends)]
    return nested


def _distinct(rows: list[Row], entries: list[Experiment]) -> None:
    first: dict[str, str] = {}
    for row, entry in zip(rows, entries, strict=True):
        other = first.setdefault(entry.id, row.place)
        if other != row.place:
            raise ClaimlintError(
                f'{row.place}: the id "{entry.id}" is that of {other} too',
                "One of the two results would be lost.",
                "Make ids that differ, such as --id 'probe-l{layer}-s{seed}'.",
            )
