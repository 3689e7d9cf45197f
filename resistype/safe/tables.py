"""A stranger's table as text: out of gzip or zip, in whatever encoding it was saved, or out of a
workbook.

What a file is shows in its first bytes, not in its name: ``table.gz`` may hold text or a parquet.
Nothing is unpacked that is far larger than the file.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from resistype.extras import needs
from resistype.safe.toml import RefusedError
from resistype.text import listed

RATIO = 200  # a matrix in text packs 5 to 50 times; far more is a bomb
FREE = 1 << 26
GZIP, ZIP, HDF5, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"PAR1"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
WORKBOOK = "xl/workbook.xml"


class Content(NamedTuple):
    """Bytes of a file, unpacked; the name without the endings of packing; and what they are:
    ``text``, ``workbook``, ``hdf5``, ``parquet``, ``rds``, ``xls`` or ``binary``.
    """

    name: str
    data: bytes
    kind: str


def content(path: Path, *, max_bytes: int | None = None) -> Content:
    """What a file holds, out of gzip or a zip of one file."""
    size = path.stat().st_size
    limit = max(FREE, RATIO * size) if max_bytes is None else max_bytes
    name, raw = path.name, path.read_bytes()
    for _ in range(2):  # a zip of a gzip is met, more is not
        if raw[:2] == GZIP:
            raw = _gunzipped(raw, limit)
            name = name.removesuffix(".gz")
        elif raw[:4] == ZIP and not _is_workbook(raw):
            name, raw = _unzipped(raw, limit)
    if len(raw) > limit:
        raise RefusedError(f"it is larger than {limit >> 20} MB")
    return Content(name, raw, _kind(name, raw))


def _kind(name: str, raw: bytes) -> str:
    if raw[:4] == ZIP:
        return "workbook"
    for start, kind in ((HDF5, "hdf5"), (PARQUET, "parquet"), (OLD_EXCEL, "xls")):
        if raw.startswith(start):
            return kind
    r_words = raw[:5] in (b"RDX2\n", b"RDX3\n") or raw[:2] in (b"X\n", b"A\n")
    if name.lower().endswith((".rds", ".rdata", ".rda")) or (r_words and b"\x00" in raw[:64]):
        return "rds"
    return "text"


def _gunzipped(raw: bytes, limit: int) -> bytes:
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            out = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedError(f"it is not a whole gzip file ({error})", invalid=True) from None
    if len(out) > limit:
        raise RefusedError(f"it unpacks to more than {RATIO} times its size")
    return out


def _is_workbook(raw: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _unzipped(raw: bytes, limit: int) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = [
                one
                for one in archive.infolist()
                if not one.is_dir() and not one.filename.startswith("__MACOSX/")
            ]
            if len(files) != 1:
                names = listed(one.filename for one in files)
                raise RefusedError(f"it holds {len(files)} files ({names}); unpack it and name one")
            with archive.open(files[0]) as stream:
                out = stream.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise RefusedError(f"it is not a whole zip file ({error})", invalid=True) from None
    if len(out) > limit:
        raise RefusedError(f"it unpacks to more than {RATIO} times its size")
    return Path(files[0].filename).name, out


def as_utf8(raw: bytes) -> tuple[bytes, str]:
    """Text in UTF-8, and a sentence where it was in another encoding."""
    encoding = next((name for start, name in BOMS if raw.startswith(start)), "")
    if encoding == "utf-8-sig":
        raw, encoding = raw[3:], ""
    if not encoding and raw[:1000].count(0) > len(raw[:1000]) // 5:
        even = raw[1:1000:2].count(0) >= raw[0:1000:2].count(0)
        encoding = "utf-16-le" if even else "utf-16-be"
    if encoding:
        try:
            return raw.decode(encoding).encode(), "The file was decoded from UTF-16."
        except UnicodeError:
            raise RefusedError("it is not plain text", invalid=True) from None
    try:
        if not raw.isascii():
            raw.decode("utf-8")
    except UnicodeError:
        # latin-1 where cp1252 has no letter, so that no byte is lost
        try:
            text = raw.decode("cp1252")
        except UnicodeError:
            text = raw.decode("latin-1")
        return text.encode(), "The file is not UTF-8 and was decoded from Latin-1 (cp1252)."
    return raw, ""


def workbook_text(raw: bytes, sheet: str | None = None) -> tuple[bytes, str]:
    """A sheet of a workbook as tab-separated text, and its name."""
    with needs("openpyxl", extra="tables", what="Reading a workbook (xlsx)", hint=SAVE_AS):
        import openpyxl  # noqa: PLC0415  with workbooks only
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            declared = sum(one.file_size for one in archive.infolist())
        if declared > max(FREE, RATIO * len(raw)):
            raise RefusedError(f"it unpacks to more than {RATIO} times its size")
        book: Any = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        filled = {one.title: one for one in book.worksheets if len([*islice(_rows(one), 2)]) > 1}
        if sheet is None and len(filled) > 1:
            raise RefusedError(f"it has several sheets: {listed(filled)}")
        if not filled or (sheet is not None and sheet not in filled):
            raise RefusedError(f"it has no sheet {sheet!r}; the sheets are: {listed(filled)}")
        name = sheet if sheet is not None else next(iter(filled))
        out = io.StringIO(newline="")
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows(_rows(filled[name]))
    except RefusedError:
        raise
    except Exception as error:  # noqa: BLE001  openpyxl raises whatever its XML leads to
        raise RefusedError(f"it is not a whole workbook ({error})", invalid=True) from None
    return out.getvalue().encode(), name


SAVE_AS = "Or open it and save as text (csv or tsv)."


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        cells = ["" if cell is None else str(cell) for cell in row]
        if any(cells):
            yield cells
