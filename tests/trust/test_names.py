"""Forty hostile names for what is saved: no file is written outside of the folder that was
given.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resistype.errors import ResistypeError
from resistype.library import import_signatures, read_signatures, read_toml, write_toml
from tests.trust.figures import record

NAMES = (
    *(
        "../x",
        "../../x",
        "..",
        ".",
        "/etc/x",
        "//x",
        "/",
        "~/x",
        "~root/x",
        "a/../../x",
        "a/b",
        "a\\b",
        "..\\x",
    ),
    *(
        "C:\\x",
        "C:x",
        "\\\\server\\x",
        "con",
        "CON.txt",
        "nul",
        "aux.toml",
        "com1",
        "lpt9.x",
        "prn",
        "a\0b",
        "\0",
    ),
    *(
        "a" * 300,
        "a" * 70,
        "a\nb",
        "a\tb",
        "\u202ex",
        "a\u200bb",
        "\u2025/x",
        "\uff0e\uff0e/x",
        "a:b",
        "a|b",
        "a;b",
    ),
    *("$(x)", "`x`", "-rf", "--out", "%2e%2e%2fx", "..%00/x", " ", "", "\ud800"),
)
DONE: list[bool] = []


def everything(folder: Path) -> set[str]:
    return {os.path.relpath(one, folder) for one in folder.rglob("*")}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("way", ["mapping", "GMT", "TOML"])
def test_nothing_is_written_outside(
    way: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "a" / "b" / "mine"
    given = tmp_path / "given"
    for folder in (inside, given):
        folder.mkdir(parents=True)
    monkeypatch.chdir(inside)
    before = everything(tmp_path)
    try:
        if way == "mapping":
            found = list(read_signatures({name: ["B2M"]}).values())
        elif way == "GMT":
            (given / "a.gmt").write_bytes(f"{name}\t\tB2M\n".encode("utf-8", "surrogatepass"))
            found = import_signatures(given / "a.gmt")
        else:
            text = (
                f'format = "resistype-signature"\nformat_version = 1\nid = "{name}"\nname = "x"\nup'
                ' = ["B2M"]\n'
            )
            (given / "a.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
            found = [read_toml(given / "a.toml")]
        for one in found:
            write_toml(one, inside)
    except ResistypeError:
        pass
    new = {one for one in everything(tmp_path) - before if not one.startswith("given")}
    outside = {one for one in new if Path(one).parent != Path("a/b/mine")}
    DONE.append(not outside)

    assert outside == set()
    assert all(Path(one).name.isascii() and len(Path(one).name) <= 80 for one in new)


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    found = next(iter(read_signatures({"mine": ["B2M"]}).values()))
    (tmp_path / "outside").mkdir()
    target = tmp_path / "outside" / "precious"
    target.write_text("mine")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.toml").symlink_to(target)
    write_toml(found, tmp_path / "here")

    assert target.read_text() == "mine"
    assert not (tmp_path / "here" / "mine.toml").is_symlink()


def test_figures() -> None:
    if len(DONE) == 3 * len(NAMES):
        record("names", names=len(NAMES), ways=3, written_outside=DONE.count(False))
    assert len(NAMES) >= 40
