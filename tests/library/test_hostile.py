"""Hostile files: each is refused in a fifth of a second with a sentence, and leaves nothing behind.

Paths in names, lists of eight megabytes, deep nesting, NaN, control characters, letters that look
like others, keys that occur twice, numbers that never end. Refused means: a `SignatureError` with a
code, nothing else and nothing more.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from resistype.curation import draft_file
from resistype.errors import ResistypeError, SignatureError
from resistype.library import check_paths, import_signatures, load_library, read_toml
from resistype.library.formats.exchange import read_raw
from resistype.library.read import read_path

LIMIT = 0.2
HEAD = 'format = "resistype-signature"\nformat_version = 1\nid = "mine"\nname = "Mine"\n'


def toml(extra: str, *, head: str = HEAD) -> str:
    return head + extra


def gmt(name: str, *genes: str) -> str:
    return "\t".join([name, "about", *genes]) + "\n"


def msigdb(name: str, entry: object) -> str:
    return json.dumps({name: entry})


LONG = "".join(f"\tGENE{number}" for number in range(740_000))
MANY_ROWS = "source,target,weight\n" + "".join(f"one,G{number},1\n" for number in range(500_000))

# what it is: file name, content, what the message must say
HOSTILE: dict[str, tuple[str, str | bytes, str]] = {
    "path in the name of a set": (
        "a.gmt",
        gmt("../../etc/cron.d/x", "B2M"),
        "looks like a path; rename the set",
    ),
    "absolute path": ("a.gmt", gmt("/etc/passwd", "B2M"), "looks like a path; rename the set"),
    "path of Windows": ("a.gmt", gmt("C:\\Windows\\x", "B2M"), "looks like a path; rename the set"),
    "path with backslashes": (
        "a.gmt",
        gmt("..\\..\\x", "B2M"),
        "looks like a path; rename the set",
    ),
    "home folder": ("a.gmt", gmt("~/.ssh/id", "B2M"), "looks like a path; rename the set"),
    "path in an id": (
        "a.toml",
        toml('up = ["B2M"]').replace('"mine"', '"../mine"', 1),
        "id: String should match",
    ),
    "device of Windows": (
        "a.toml",
        toml('up = ["B2M"]').replace('"mine"', '"con"', 1),
        "file on Windows",
    ),
    "device with a suffix": (
        "a.gmt",
        gmt("nul.txt", "B2M"),
        "cannot be the name of a file on Windows",
    ),
    "id of 300 characters": (
        "a.toml",
        toml('up = ["B2M"]').replace('"mine"', f'"{"a" * 300}"', 1),
        "id: String",
    ),
    "8 MB in one line": ("a.gmt", f"x\ty{LONG}\n", "740,000 genes; a signature has at most 20,000"),
    "more than 8 MB": ("a.gmt", gmt("x", "A" * (9 * 2**20)), "signature files have at most 8 MB"),
    "8 MB of rows": ("a.csv", MANY_ROWS, "has more than 20,000 genes"),
    "list of TOML without end": (
        "a.toml",
        toml("up = [" + '"B2M",' * 60_000 + "]"),
        "one signature has at most",
    ),
    "genes of TOML without end": (
        "a.toml",
        toml(f"up = {json.dumps([f'GENE{n}' for n in range(22_000)])}"),
        "characters",
    ),
    "deep brackets in TOML": (
        "a.toml",
        toml("up = " + "[" * 50_000),
        "brackets nest deeper than 8",
    ),
    "deep keys in TOML": (
        "a.toml",
        toml("a" + ".a" * 50_000 + " = 1"),
        "a key has more than 8 parts",
    ),
    "deep JSON": ("a.json", "[" * 100_000, "brackets nest deeper than 8"),
    "deep JSON that closes": (
        "a.json",
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        "brackets nest deeper than 8",
    ),
    "NaN in JSON": ("a.json", '{"a": {"geneSymbols": ["B2M"], "x": NaN}}', "NaN is no JSON"),
    "Infinity in JSON": (
        "a.json",
        '{"a": {"geneSymbols": ["B2M"], "x": -Infinity}}',
        "-Infinity is no JSON",
    ),
    "a key twice in JSON": (
        "a.json",
        '{"a": {"geneSymbols": ["B2M"]}, "a": {}}',
        "the key 'a' occurs twice",
    ),
    "a number of 5,000 digits": ("a.json", f'{{"a": {"9" * 5000}}}', "not read: ValueError"),
    "JSON that is none": ("a.json", "\x00\x01", "not valid JSON"),
    "genes that are numbers": (
        "a.json",
        msigdb("a", {"geneSymbols": [1, 2]}),
        "holds a gene that is no text",
    ),
    "path in JSON": ("a.json", msigdb("../a", {"geneSymbols": ["B2M"]}), "looks like a path"),
    "foreign field in our part": (
        "a.json",
        msigdb(
            "a",
            {
                "geneSymbols": ["B2M"],
                "resistype": {"id": "a", "name": "a", "up": ["B2M"], "run": "rm"},
            },
        ),
        "run: there is no such field",
    ),
    "weight that is NaN": ("a.csv", "source,target,weight\na,B2M,nan\n", "is no finite number"),
    "weight that is endless": (
        "a.csv",
        "source,target,weight\na,B2M,1e999\n",
        "is no finite number",
    ),
    "weight that is NaN in TOML": (
        "a.toml",
        toml('up = ["B2M"]\n[weights]\nB2M = nan'),
        "are not finite numbers",
    ),
    "formula for a gene": (
        "a.csv",
        "source,target\na,=cmd|'/c calc'!A1\n",
        "as a spreadsheet's formula does",
    ),
    "escape codes in a name": (
        "a.gmt",
        gmt("\x1b[2Jgone", "B2M"),
        "holds characters that cannot be shown",
    ),
    "escape codes in TOML": (
        "a.toml",
        toml('description = "\\u001b[2J"\nup = ["B2M"]'),
        "cannot be seen (U+001B)",
    ),
    "NUL in a gene": (
        "a.toml",
        toml('up = ["B2M\\u0000"]'),
        "holds U+0000; gene names are plain ASCII",
    ),
    "Cyrillic twin": ("a.gmt", gmt("x", "CD8\u0410"), "holds U+0410; gene names are plain ASCII"),
    "zero width": ("a.gmt", gmt("x", "B2M\u200b"), "holds U+200B; gene names are plain ASCII"),
    "turned reading": (
        "a.toml",
        toml('up = ["B2M"]\ndescription = "a\\u202eb"'),
        "cannot be seen (U+202E)",
    ),
    "wide letters": ("a.gmt", gmt("x", "\uff23\uff24\uff18\uff21"), "holds U+FF23"),
    "no text at all": ("a.toml", bytes(range(256)) * 100, "is not UTF-8 text"),
    "UTF-16": ("a.gmt", gmt("x", "B2M").encode("utf-16"), "is not UTF-8 text"),
    "quote without end": (
        "a.csv",
        'source,target\n"' + "a" * 300_000,
        "not a table: field larger than",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _tables_are_loaded() -> None:
    load_library()  # reading the shipped tables is not what is measured
    check_paths([])


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def read(path: Path) -> object:
    return read_toml(path) if path.suffix == ".toml" else import_signatures(path)


def test_there_are_more_than_thirty() -> None:
    assert len(HOSTILE) >= 30


@pytest.mark.parametrize(("name", "content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_each_is_refused_at_once_with_a_sentence(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, name, content)

    start = time.perf_counter()
    with pytest.raises(SignatureError) as caught:
        read(path)
    spent = time.perf_counter() - start

    assert message in caught.value.message
    assert caught.value.code.startswith("E2")
    print(f"refused in {spent:.3f} s (the aim is {LIMIT} s)")
    assert [item.name for item in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_messages_are_short_and_can_be_shown(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SignatureError) as caught:
        read(write(tmp_path, name, content))

    text = caught.value.message.replace("\n", " ").replace(str(tmp_path), "")
    assert len(text) < 6_000
    assert text.isprintable(), message


@pytest.mark.parametrize(("name", "content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_the_checks_find_them_too_and_never_break(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    findings = check_paths([write(tmp_path, name, content)])

    assert [item for item in findings if item.severity == "error"] != [], message


# Drafts are made of every format but TOML.
DRAFTED = {case: given for case, given in HOSTILE.items() if not given[0].endswith(".toml")}


@pytest.mark.parametrize(("name", "content", "message"), DRAFTED.values(), ids=DRAFTED)
def test_drafting_refuses_or_tells_and_writes_nothing(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, name, content)
    try:
        made = draft_file(path)
    except ResistypeError:
        made = []

    assert all(one.notes for one in made), message
    assert [item.name for item in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("kind", ["gmt", "ucell", "msigdb", "net", "signaturesets", "enrichr"])
@pytest.mark.parametrize(
    "text", ["", "\n\n", "\x00", "a", "a\tb", "{}", "[]", '""', ",", "\t\t\t", "a,b\n1,2"]
)
def test_nothing_useful_is_an_error_in_every_format(text: str, kind: str, tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", text)

    with pytest.raises(SignatureError):
        import_signatures(path, kind)


@pytest.mark.parametrize("name", ["pipe.gmt", "folder.gmt"])
def test_what_is_no_file_is_not_waited_for(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "pipe.gmt":
        __import__("os").mkfifo(path)
    else:
        path.mkdir()

    with pytest.raises(SignatureError, match="is not a file"):
        read_raw(path)


def test_a_link_out_of_a_folder_of_signatures_is_read_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("password", encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.toml").symlink_to(tmp_path / "secret.txt")

    with pytest.raises(SignatureError, match="not valid TOML") as caught:
        read_path(tmp_path / "mine")
    assert "password" not in caught.value.message
