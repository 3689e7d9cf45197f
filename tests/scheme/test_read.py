"""Scheme files: the shipped ones are sound, and each way of spoiling one is named, all
complaints at once.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resistype.errors import SchemeError
from resistype.library import load_library
from resistype.scheme import check_scheme, list_schemes, load_scheme, scheme_as_json
from resistype.scheme.caveats import CAVEATS, caveat_text
from resistype.scheme.read import load_scheme as load
from resistype.scheme.scheme import ABSTENTIONS, Scheme

SMALL: dict[str, Any] = {
    "format": "resistype-scheme",
    "format_version": 1,
    "id": "small",
    "version": "1.0.0",
    "title": "A small scheme",
    "unit": "a biopsy",
    "context": "an example",
    "summary": "One axis.",
    "citation": "nobody",
    "claim": "An example.",
    "inputs": {"genomic": {"column": "genomic", "text": "DNA events"}},
    "quantities": {
        "score": {
            "kind": "score",
            "signature": "mhc1_core",
            "title": "MHC class I",
            "unit": "ES/N",
        },
        "level": {"kind": "level", "of": "score", "title": "level", "unit": "SD"},
        "events": {
            "kind": "dna_events",
            "signature": "mhc1_core",
            "input": "genomic",
            "title": "events",
            "unit": "events",
        },
    },
    "axes": [
        {
            "id": "first",
            "title": "First",
            "otherwise": "in between",
            "labels": {"high": {"text": "high"}, "low": {"text": "low"}},
            "thresholds": {"cut": {"value": 0.5, "source": "ours", "text": "SD"}},
            "rules": [
                {"call": "high", "when": ["level >= cut"]},
                {"call": "low", "when": ["level <= -cut"]},
                {"call": "not_assessable", "when": ["lacks level"], "reason": "no level"},
            ],
        }
    ],
    "caveats": [{"code": "RUO"}],
}


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return json.dumps(value)


def write(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "small.toml"
    path.write_text(
        "\n".join(f"{json.dumps(key)} = {_value(value)}" for key, value in data.items())
    )
    return path


def spoilt(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    data = copy.deepcopy(SMALL)
    change(data)
    return data


def test_the_small_scheme_is_sound(tmp_path: Path) -> None:
    assert check_scheme(write(tmp_path, SMALL), load_library()) == []


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    *places, key, value = path

    def change(data: dict[str, Any]) -> None:
        for place in places:
            data = data[place]
        data[key] = value

    return change


def _drop(*path: Any) -> Callable[[dict[str, Any]], None]:
    *places, key = path

    def change(data: dict[str, Any]) -> None:
        for place in places:
            data = data[place]
        del data[key]

    return change


def _append(value: Any, *path: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for place in path:
            data = data[place]
        data.append(value)

    return change


RULES = ("axes", 0, "rules")
SPOILT: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "no id": (_drop("id"), "id: Field required"),
    "an id with a slash": (_set("id", "a/b"), "id: String should match pattern"),
    "an unknown field": (_set("colour", "red"), "colour: Extra inputs are not permitted"),
    "another format": (_set("format", "x"), "format: Input should be 'resistype-scheme'"),
    "a newer format": (_set("format_version", 3), "format_version: Input should be 1 or 2"),
    "a threshold without a source": (
        _drop("axes", 0, "thresholds", "cut", "source"),
        "axes.0.thresholds.cut.source: Field required",
    ),
    "a threshold with another source": (
        _set("axes", 0, "thresholds", "cut", "source", "mine"),
        "axes.0.thresholds.cut.source: Input should be 'published' or 'ours'",
    ),
    "published without a citation": (
        _set("axes", 0, "thresholds", "cut", "source", "published"),
        "axes.0.thresholds.cut: a published threshold needs 'citation' or 'doi'",
    ),
    "a threshold that is text": (
        _set("axes", 0, "thresholds", "cut", "value", "half"),
        "axes.0.thresholds.cut.value: Input should be a valid number",
    ),
    "an unknown kind": (
        _set("quantities", "score", "kind", "magic"),
        "quantities.score.kind: Input should be 'score', ",
    ),
    "too few random sets": (
        _set("random_sets", 10),
        "random_sets: Input should be greater than or equal to 99",
    ),
    "a quantity of nothing": (
        _set("quantities", "level", "of", "absent"),
        "quantities.level: unknown quantity 'absent'",
    ),
    "an unknown input": (
        _set("quantities", "events", "input", "absent"),
        "quantities.events: unknown input 'absent'",
    ),
    "a rule on nothing": (
        _set(*RULES, 0, "when", ["absent >= cut"]),
        "axes.first.rules[1]: unknown quantity 'absent'",
    ),
    "a rule with no threshold": (
        _set(*RULES, 0, "when", ["level >= absent"]),
        "axes.first.rules[1]: unknown threshold 'absent'",
    ),
    "a number in a rule": (
        _set(*RULES, 0, "when", ["level >= 0.5"]),
        "axes.first.rules[1]: condition 'level >= 0.5' is not",
    ),
    "code in a rule": (
        _set(*RULES, 0, "when", ["exit()"]),
        "axes.first.rules[1]: condition 'exit()' is not understood",
    ),
    "a call that is no label": (
        _set(*RULES, 0, "call", "highest"),
        (
            "axes.first.rules[1]: call 'highest' is neither a label of the axis nor one of"
            " indeterminate, not_assessable"
        ),
    ),
    "a label that no rule reaches": (
        _set("axes", 0, "labels", "middle", {"text": "middle"}),
        "axes.first: no rule reaches the label 'middle'",
    ),
    "a threshold that no rule uses": (
        _set("axes", 0, "thresholds", "spare", {"value": 1, "source": "ours", "text": "x"}),
        "axes.first: no rule uses the threshold 'spare'",
    ),
    "evidence of nothing": (
        _set("axes", 0, "evidence", ["absent"]),
        "axes.first.evidence: unknown quantity 'absent'",
    ),
    "a detail of nothing": (
        _set(*RULES, 2, "detail", "absent"),
        "axes.first.rules[3]: unknown quantity 'absent'",
    ),
    "a later axis": (
        _set(*RULES, 0, "when", ["call second is high"]),
        (
            "axes.first.rules[1]: 'call second is high' looks at axis 'second', which is not an"
            " earlier axis"
        ),
    ),
    "the axis itself": (
        _set(*RULES, 0, "when", ["call first is low"]),
        (
            "axes.first.rules[1]: 'call first is low' looks at axis 'first', which is not an"
            " earlier axis"
        ),
    ),
    "two axes of one name": (
        _append(SMALL["axes"][0], "axes"),
        "axes.first: two axes have this id",
    ),
    "an anchor of nothing": (
        _set("anchor_quantity", "absent"),
        "anchor_quantity: unknown quantity 'absent'",
    ),
    "an unknown caveat": (_set("caveats", [{"code": "OOPS"}]), "caveats: unknown code 'OOPS'"),
    "a caveat with gaps": (
        _set("caveats", [{"code": "SMALL_COHORT"}]),
        (
            "caveats: the text of SMALL_COHORT has gaps that only the classifier fills; name"
            " another code"
        ),
    ),
    "a caveat on nothing": (
        _set("caveats", [{"code": "RUO", "when": ["absent >= cut"]}]),
        "caveats.RUO: unknown quantity 'absent'",
    ),
    "quantities in a ring": (
        _set("quantities", "score", {"kind": "level", "of": "level", "title": "x", "unit": "x"}),
        "quantities: quantities that wait for each other or for something unknown: score, level",
    ),
    "a signature that is not there": (
        _set("quantities", "score", "signature", "absent"),
        "quantities: unknown signature 'absent'",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_file_is_named(tmp_path: Path, case: str) -> None:
    change, message = SPOILT[case]
    complaints = check_scheme(write(tmp_path, spoilt(change)), load_library())

    assert any(message in line for line in complaints), complaints


def test_all_complaints_come_at_once(tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["axes"][0]["rules"][0]["when"] = ["absent >= cut", "level >= nowhere"]
        data["axes"][0]["labels"]["middle"] = {"text": "x"}
        data["caveats"] = [{"code": "OOPS"}]

    with pytest.raises(SchemeError) as caught:
        load(write(tmp_path, spoilt(change)))

    assert str(caught.value).splitlines() == [
        "S103 Scheme small.toml: 4 problems",
        "  - axes.first.rules[1]: unknown quantity 'absent'",
        "  - axes.first.rules[1]: unknown threshold 'nowhere'",
        "  - axes.first: no rule reaches the label 'middle'",
        "  - caveats: unknown code 'OOPS'",
    ]


def test_files_that_are_no_schemes(tmp_path: Path) -> None:
    broken = tmp_path / "a.toml"
    broken.write_text("= 1")
    with pytest.raises(SchemeError, match=r"^S102 Scheme a\.toml is not valid TOML"):
        load(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(SchemeError, match=r"^S102 Scheme a\.toml cannot be read"):
        load(broken)
    broken.write_text("x = 1\n" * 200_000)
    with pytest.raises(
        SchemeError,
        match=r"^S102 Scheme a\.toml has 1,200,000 bytes; a scheme has at most 1,000,000\.",
    ):
        load(broken)
    broken.write_text("a = " + "[" * 5000)
    with pytest.raises(SchemeError, match=r"^S10[23] Scheme a\.toml"):
        load(broken)


# ---------------------------------------------------------------- what is shipped


@pytest.mark.parametrize("name", sorted(list_schemes()))
class TestShipped:
    def test_is_sound(self, name: str) -> None:
        assert check_scheme(name, load_library()) == []

    def test_every_threshold_has_a_source_and_a_meaning(self, name: str) -> None:
        scheme = load_scheme(name)
        thresholds = [t for axis in scheme.axes for t in axis.thresholds.values()] + list(
            scheme.parameters.values()
        )
        thresholds += [t for t in (scheme.cohort_shift, scheme.line_offset) if t is not None]

        assert thresholds
        for threshold in thresholds:
            assert threshold.source in ("published", "ours")
            assert len(threshold.text) > 6
            assert threshold.source == "ours" or threshold.citation or threshold.doi

    def test_names_signatures_and_no_genes(self, name: str) -> None:
        text = list_schemes()[name].read_text()
        library = load_library()
        inside = {gene for s in load_scheme(name).signatures for gene in library[s].genes}
        words = {
            w.strip('",;()')
            for line in text.splitlines()
            for w in line.split()
            if " when" not in line
        }
        in_rules = {
            w
            for axis in load_scheme(name).axes
            for rule in axis.rules
            for line in rule.when
            for w in line.split()
        }

        assert not inside & in_rules
        # a single gene that is judged alone is named as one of its signature
        alone = {q.gene: q.signature for q in load_scheme(name).quantities.values() if q.gene}
        assert all(gene in library[signature].genes for gene, signature in alone.items())
        assert not {w for w in words & inside if f'"{w}"' in text} - alone.keys()

    def test_its_json_is_plain_and_complete(self, name: str) -> None:
        scheme = load_scheme(name)
        again = Scheme.model_validate(json.loads(json.dumps(scheme_as_json(scheme))))

        assert again == scheme

    def test_speaks_of_no_response_to_treatment(self, name: str) -> None:
        scheme = load_scheme(name)
        texts = [
            label.text + label.headline for axis in scheme.axes for label in axis.labels.values()
        ]

        words = (
            "will respond",
            "probab",
            *scheme.forbidden_words,
            *(("responder",) if scheme.system == "bulk" else ()),
        )
        assert not [t for t in texts if any(word in t.lower() for word in words)]

    def test_labels_without_a_baseline_use_no_forbidden_word(self, name: str) -> None:
        scheme = load_scheme(name)
        for axis in scheme.axes:
            for key, label in axis.labels.items():
                if not label.needs_baseline:
                    texts = (key.replace("_", " "), label.text, label.headline, axis.title)
                    words = set(" ".join(texts).lower().split())
                    assert not words & set(scheme.forbidden_without_baseline), (axis.id, key)

    def test_quantities_come_in_order(self, name: str) -> None:
        scheme = load_scheme(name)
        order = scheme.order()
        for place, quantity in enumerate(order):
            assert set(scheme.quantities[quantity].needs) <= set(order[:place])

    def test_the_file_is_the_scheme(self, name: str) -> None:
        data = tomllib.loads(list_schemes()[name].read_text())

        assert data["id"] == name
        assert load_scheme(name) == load_scheme(list_schemes()[name])
        assert load_scheme(load_scheme(name)) is load_scheme(name)


def test_caveats_are_short_lines_without_forbidden_words() -> None:
    of_cells = {
        rule.code
        for name in list_schemes()
        if load(name).system != "bulk"
        for rule in load(name).caveats
    }
    for code, text in CAVEATS.items():
        assert code.isupper() or "_" in code
        assert "\n" not in text
        assert len(text) < 260
        assert code in of_cells or not set(text.lower().replace(",", " ").split()) & {
            "up",
            "stable",
            "chronic",
            "persistent",
        }


def test_gaps_of_caveats_are_filled() -> None:
    assert caveat_text("RUO") == "Research use only; not for treatment decisions."
    assert "12 reference" in caveat_text("COHORT_RELATIVE", {"n": 12, "flip": "17 %"})
    with pytest.raises(KeyError):
        caveat_text("OOPS")


def test_abstentions_are_the_two() -> None:
    assert ABSTENTIONS == ("indeterminate", "not_assessable")


def test_an_unknown_axis_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_scheme("acquired_resistance").axis("nothing")


def test_quantities_of_the_first_version_have_their_names_of_today() -> None:
    archive = Path(__file__).parents[1] / "data/archives/0.1.0"
    old = [
        load_scheme(archive / name) for name in ("acquired_resistance.toml", "cart_product.toml")
    ]

    assert "ifng_share_higher" in (archive / "acquired_resistance.toml").read_text(encoding="utf-8")
    assert old[0].quantities["ifng_fraction_up"].kind == "fraction_up"
    assert any("ifng_fraction_up >= share" in rule.when for rule in old[0].axis("ifng").rules)
    assert old[0].cohort_shift is not None
    assert {"memory_fraction", "plastic_fraction"} <= old[1].quantities.keys()
    assert "exhausted_fraction" in old[1].axis("exhaustion").evidence
