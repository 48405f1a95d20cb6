"""Rows: read from the labelled folder, checked against its manifest, folded as the filter folds them.

The folding is the filter's own (`cargo run --example views`), so that training never sees a text the filter would not.
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
USER, DOCUMENT = "user", "document"
FILES = ("benign.jsonl", "benign_hard.jsonl", "direct.jsonl", "indirect.jsonl", "tools.jsonl")
# Rows about other things than who speaks to the model: commands and SQL in tool arguments.
OTHER_SUBJECT = ("patt-command", "patt-path-traversal", "patt-sql-injection", "patt-ssrf")


@dataclass
class Row:
    """A text with its label, and what the filter says of it: the rules' combined score, the classifier's sum and score, and the parts in
    which it undid something."""

    id: str
    source: str
    role: str
    label: int
    text: str
    tier: str = ""
    kind: str = ""
    rules: float = 0.0
    sum: int = 0
    score: float = 0.0
    undone: list[str] = field(default_factory=list)

    @property
    def side(self) -> str:
        """Which calibration applies: what the user wrote, or what was brought in."""
        return USER if self.role == "user" else DOCUMENT


def manifest(folder: Path) -> dict:
    """SHA-256 of each file that is read; refuses a folder whose files differ from its own manifest."""
    recorded = json.loads((folder / "MANIFEST.json").read_text())["files"]
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    for name, digest in found.items():
        if recorded[name]["sha256"] != digest:
            raise SystemExit(f"{name} differs from the folder's manifest")
    return found


def read(folder: Path) -> list[Row]:
    """The rows that concern injection, in file order, without exact duplicates."""
    rows, seen = [], set()
    for name in FILES:
        for line in (folder / name).read_text().rstrip("\n").split("\n"):
            raw = json.loads(line)
            context = raw["context"]
            role = context.get("role", "user")
            if raw["source"] in OTHER_SUBJECT or role in ("assistant", "system"):
                continue
            key = (role == "user", raw["text"])
            if key in seen:
                continue
            seen.add(key)
            tier = context.get("variant") or context.get("tier") or ""
            rows.append(Row(raw["id"], raw["source"], role, raw["label"], raw["text"], tier, raw["kind"]))
    return rows


def fold(rows: list[Row], repository: Path) -> None:
    """Replaces each text by its folded view and adds what the rules alone say."""
    lines = "".join(json.dumps({"id": r.id, "role": r.role, "text": r.text}) + "\n" for r in rows)
    command = ["cargo", "run", "--locked", "--quiet", "--release", "-p", "weir-engine", "--example", "views"]
    done = subprocess.run(command, cwd=repository, input=lines.encode(), stdout=subprocess.PIPE, check=True)
    for row, line in zip(rows, done.stdout.decode().split("\n"), strict=False):
        answer = json.loads(line)
        assert answer["id"] == row.id
        row.text, row.rules, row.sum, row.score = answer["folded"], answer["rules"], answer["sum"], answer["classifier"]
        row.undone = answer["undone"]
