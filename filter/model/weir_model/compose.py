"""Composed training texts: attacks planted in ordinary documents and tool results, and ordinary neighbours of attacks.

Everything is drawn from one seeded generator, in a fixed order. Only rows that the caller trains on are used as parts, so a
source that is left out for a measurement is left out of the compositions too.
"""

import re
from pathlib import Path
from random import Random

from . import grammar, hijacks, languages, near_misses
from .data import DOCUMENT, USER, Row

MAX_CHARS = 2400


def registry_texts(lock: Path, registry: Path, packages: Path, limit: int) -> list[str]:
    """Sections of the manuals of the crates that Cargo.lock pins, and of the Python code of the packages that this pipeline pins:
    ordinary technical text, full of orders to its reader and of code about models and messages."""
    site = next(packages.glob("lib/python*/site-packages"))
    python = [site / name for name in ("transformers", "huggingface_hub", "sentence_transformers", "sklearn", "tokenizers", "torch/nn", "torch/utils")]
    crates = re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"\nsource', lock.read_text())
    folders = [f for name, version in crates for f in sorted(registry.glob(f"*/{name}-{version}"))]
    files = [[f for folder in folders for f in sorted(folder.glob("*.md"))], [f for p in python for f in sorted(p.rglob("*.py"))]]
    out = []
    for paths in files:
        sections = [part for path in paths for part in cut(path.read_text(errors="replace"), len(str(path.name)))]
        Random(11).shuffle(sections)
        out += sections[:limit]
    return out


def cut(text: str, seed: int) -> list[str]:
    """At most four sections of a file."""
    random, step = Random(seed + len(text)), max(1, len(text) // 4)
    parts = (text[at : at + random.randint(300, MAX_CHARS)].strip() for at in range(0, 4 * step, step))
    return [part for part in parts if len(part) > 100]


def plant(attack: str, neighbour: str, document: str, random: Random) -> tuple[str, str]:
    """A part of `document` with `attack` at a random place, and the same with an ordinary `neighbour` there, or nothing.

    Both wear the same dress, so that only what is said tells them apart.
    """
    size = random.randint(200, MAX_CHARS)
    start = random.randint(0, max(0, len(document) - size))
    document = document[start : start + size]
    wrapper, draw = random.choice(grammar.WRAPPERS), random.random()
    marks = "\n" if draw < 0.6 else (". " if draw < 0.85 else " ")
    places = [i for i, c in enumerate(document) if document.startswith(marks, i)] or [len(document)]
    at = random.choice(places) + len(marks)
    at = 0 if draw < 0.12 else (len(document) if draw < 0.3 else at)
    put = lambda text: f"{document[:at]} {wrapper.replace('{a}', text)} {document[at:]}"  # noqa: E731
    return put(attack), put(neighbour) if random.random() < 0.75 else document


def any_attack(random: Random, role: str) -> str:
    """English three times out of four; sometimes two sentences; of documents often what works only there, of users a long persona."""
    draw = random.random()
    if draw < 0.25:
        return languages.attack(random)
    if draw < 0.55:
        return hijacks.outside(random) if role == "tool" else hijacks.persona(random)
    if draw < 0.65:
        return grammar.attack(random) + " " + grammar.attack(random)
    return grammar.attack(random)


def any_benign(random: Random, role: str, families: list[str]) -> str:
    """A near miss of `families` more often than not; as many in other languages as there are attacks in them."""
    draw = random.random()
    if draw < 0.2:
        return languages.benign(random)
    if draw < 0.75 and families:
        return near_misses.unquoted(random.choice(near_misses.for_role(families, role)), random)
    return grammar.benign(random, role)


def excerpt(text: str, words: int, random: Random) -> str:
    """At most `words` words in a row."""
    parts = text.split(" ")
    start = random.randint(0, max(0, len(parts) - words))
    return " ".join(parts[start : start + words])


def composed(rows: list[Row], manuals: list[str], count: int, seed: int, families: list[str]) -> list[Row]:
    """`count` pairs of an attack and its ordinary neighbour, from the parts of `rows` and near misses of `families`: two in documents
    for one of a user."""
    random = Random(seed)
    documents = [r.text for r in rows if r.label == 0 and r.side == DOCUMENT]
    questions = [r.text for r in rows if r.label == 0 and r.side == USER]
    attacks = [r.text for r in rows if r.label == 1 and r.role == "user" and not is_doubtful(r)]
    out = []
    for number in range(count):
        role = "tool" if number % 3 else "user"
        own = random.random() < 0.7 or not attacks
        attack = any_attack(random, role) if own else excerpt(random.choice(attacks), 60, random)
        neighbour = any_benign(random, role, families) if own else excerpt(random.choice(questions), 60, random)
        if role == "tool":
            place = random.choice((documents, documents, manuals, questions))
            texts = hijacks.carried(attack, neighbour, random) if random.random() < 0.25 else plant(attack, neighbour, random.choice(place), random)
        else:
            question = random.choice(questions)[:600]
            if random.random() < 0.3:
                neighbour = grammar.prompt(random)
            gap, draw = random.choice([" ", "\n", "\n\n"]), random.random()
            put = lambda text: text if draw < 0.4 else (f"{question}{gap}{text}" if draw < 0.8 else f"{text}{gap}{question}")  # noqa: E731
            texts = (put(attack), put(neighbour))
        out += [Row(f"composed-{seed}-{number}-{label}", "composed", role, label, text) for label, text in zip((1, 0), texts, strict=True)]
    return out


def near(families: list[str], count: int, seed: int) -> list[Row]:
    """`count` near misses of each of `families`, as they stand, by the role that speaks them. What quotes an attack is of its own kind:
    the filter treats quotations apart."""
    random, out = Random(seed), []
    for name in families:
        role = "user" if name.startswith("near-user") else "tool"
        for i in range(count):
            text, quotes = near_misses.near_miss(name, random)
            out.append(Row(f"{name}-{seed}-{i}", name, role, 0, text, kind="near_quoted" if quotes else "near_miss"))
    return out


def for_side(rows: list[Row], manuals: list[str], side: str) -> list[Row]:
    """The rows that teach `side`: its own, and as documents also what users ask, which documents may hold."""
    own = [r for r in rows if r.side == side and not is_doubtful(r)]
    if side == DOCUMENT:
        # Attacks that are not paired with their own document would teach the look of the documents they were composed on.
        own = [r for r in own if r.label == 0 or r.source == "composed"]
        own += [r for r in rows if r.side == USER and r.label == 0 and (r.kind != "near_miss" or r.source in near_misses.EITHER)]
        own += [Row(f"manual-{i}", "manual", "tool", 0, text) for i, text in enumerate(manuals)]
    return own


OPEN_REVOLT = re.compile(
    r"(?i)\b(no|without( any)?|ignor\w*|bypass\w*|free (of|from)|break\w*|not bound|doesn't have|unaffected|disregard\w*|regardless) (\w+ ){0,4}"
    r"(rule|restriction|limit|filter|guideline|polic|ethic|moral|censor|legal|constraint|boundar|warning|instruction|content)"
    r"|anything now|jailb|unfiltered|uncensored|unethical|amoral|immoral|illegal|developer mode|never (refuse|say no|decline)|openai"
)


def is_doubtful(row: Row) -> bool:
    """Prompts that people posted as jailbreaks and that do not speak of breaking rules: many are ordinary personas, and they would
    teach that personas are attacks. They are measured on, not trained on."""
    return row.source == "in-the-wild-jailbreaks" and OPEN_REVOLT.search(row.text) is None
