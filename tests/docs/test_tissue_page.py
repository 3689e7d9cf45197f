"""The page about tissue: its Python runs, its limits are those of the code, its command knows
the options.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from resistype.cli.spatial import spatial_command
from resistype.scheme import load_scheme
from resistype.systems.tissue import MarginRule, neighbourhood, rim_thresholds

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tissue.md"


def test_the_python_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102  the page's own code

    labels = names["calls"].to_frame()["phenotype"]  # type: ignore[attr-defined]
    assert labels.tolist() == ["excluded", "inflamed", "desert", "not_assessable"]


def test_the_limits_are_those_of_the_code() -> None:
    rows = re.findall(
        r"^\| [^|]+ \| ([\d.]+)[^|]* \| (\w+) \|$",
        PAGE.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    scheme, margin = load_scheme("immune_phenotype"), MarginRule()
    rule = scheme.axis("phenotype").thresholds
    radius = inspect.signature(neighbourhood).parameters["radius_um"].default
    expected = [
        *(
            margin.width_um,
            margin.smooth_um,
            margin.part,
            margin.step_um,
            margin.tissue_um,
            margin.min_patch_mm2,
        ),
        *(
            rule["dense"].value,
            rule["ratio"].value,
            scheme.cut("min_tumour"),
            scheme.cut("min_area"),
        ),
        *(radius, rim_thresholds()[0].value),
    ]

    assert [float(value) for value, _ in rows] == expected
    assert {source for _, source in rows} == {"ours"}


def test_the_command_has_its_options() -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    options = {
        word.removeprefix("--").replace("-", "_") for word in re.findall(r"--[a-z-]+", block)
    }

    assert options <= set(inspect.signature(spatial_command).parameters)
