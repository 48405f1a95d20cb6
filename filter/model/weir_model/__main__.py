"""`python -m weir_model DATA`: measures, trains and writes the student. The teacher is `weir_model.teach`."""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from . import compose, data, evaluate, export, near_misses
from .data import REPOSITORY

STUDENT = REPOSITORY / "filter/engine/src/detect/student.bin"
RECORD = REPOSITORY / "filter/model/record.json"


def main() -> None:
    """Reads the data, measures with sources left out, trains on all, writes the table and its record."""
    parser = argparse.ArgumentParser(prog="weir_model")
    parser.add_argument("data", type=Path)
    parser.add_argument("--registry", type=Path, default=Path.home() / ".cargo/registry/src")
    chosen = parser.parse_args()
    digests, rows = data.manifest(chosen.data), data.read(chosen.data)
    data.fold(rows, REPOSITORY)
    manuals = compose.registry_texts(REPOSITORY / "Cargo.lock", chosen.registry, Path(sys.prefix), 1500)
    near = compose.near(near_misses.NAMES, evaluate.NEAR_TESTED, evaluate.NEAR_TEST_SEED)
    data.fold(near, REPOSITORY)
    report = evaluate.figures(rows + near, evaluate.left_out(rows + near, manuals, evaluate.FOLDS))
    tables = {side: evaluate.teach(rows, manuals, side, near_misses.TAUGHT) for side in (data.USER, data.DOCUMENT)}
    content = export.student_file(tables[data.USER], tables[data.DOCUMENT], report["calibration"])
    STUDENT.write_bytes(content)
    texts = hashlib.sha256("\0".join(manuals).encode()).hexdigest()
    record = {
        "data_sha256": digests,
        "manuals_sha256": texts,
        "student_sha256": hashlib.sha256(content).hexdigest(),
        "tables_sha256": hashlib.sha256(b"".join(t.weights.tobytes() for t in tables.values())).hexdigest(),
        "left_out": report,
    }
    compare(RECORD, record)
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    check(rows, tables, report["calibration"])


def compare(path: Path, record: dict) -> None:
    """Says whether the same inputs gave the same table as the last time."""
    last = json.loads(path.read_text()) if path.exists() else {}
    inputs = ("data_sha256", "manuals_sha256")
    if any(last.get(k) != record[k] for k in inputs):
        print("the inputs are not those of the record: a new table is expected")
    else:
        same = last["student_sha256"] == record["student_sha256"]
        print("student.bin is that of the record" if same else "student.bin DIFFERS from the record: code changed, or training is not reproducible")


def check(rows: list, tables: dict, points: dict) -> None:
    """Builds the filter's engine with the new table and compares its arithmetic with ours, on every row."""
    expected = {}
    for side, table in tables.items():
        own = [r for r in rows if r.side == side]
        sums = table.sums([r.text for r in own])
        expected |= {(r.id, r.role): (int(s), float(p)) for r, s, p in zip(own, sums, export.score(sums, points[side]), strict=True)}
    data.fold(rows, REPOSITORY)
    wrong = [r.id for r in rows if expected[r.id, r.role][0] != r.sum or abs(expected[r.id, r.role][1] - r.score) > 1e-6]
    if wrong:
        raise SystemExit(f"the engine disagrees on {len(wrong)} rows, such as {wrong[:3]}")
    print(f"the engine agrees on all {len(rows)} rows")


if __name__ == "__main__":
    main()
