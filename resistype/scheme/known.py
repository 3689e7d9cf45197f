"""What each system can be asked for: its levels, what it measures, and the numbers that its
measurement needs.

The code that measures stands above this room; a test holds that the two agree. A scheme that asks a
system for something else is refused when it is loaded, and not when cells have been read.
"""

from __future__ import annotations

from dataclasses import dataclass

# quantities and their kinds in files of 0.1, and what they are called now
OLD_QUANTITIES = {
    **{f"{state}_share": f"{state}_fraction" for state in ("memory", "cytotoxic", "exhausted")},
    **{f"{state}_share": f"{state}_fraction" for state in ("treg", "plastic")},
    "share_high": "fraction_high",
    "share_higher": "fraction_up",
    "share_lower": "fraction_down",
    "ifng_share_higher": "ifng_fraction_up",
    "ifng_share_lower": "ifng_fraction_down",
}


@dataclass(frozen=True)
class Known:
    """What a system offers, and what it needs of a scheme."""

    levels: tuple[str, ...]
    quantities: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


_CART = Known(
    levels=("sample", "patient"),
    quantities=(
        *("n_t_cells", "day", "is_product", "memory_fraction", "cytotoxic_fraction", "balance"),
        *(
            "balance_low",
            "balance_high",
            "exhausted_fraction",
            "treg_fraction",
            "n_times",
            "n_tracked",
        ),
        *("plastic_fraction", "n_expanded", "has_isoforms", "has_product"),
    ),
    parameters=("min_cells", "min_cells_mean", "min_cells_clone", "clone_fdr", "clone_fold"),
)
_PSR = Known(
    levels=("patient",),
    quantities=(
        *("n_cd8", "psr_minus_activation", "psr_mean", "psr_median", "fraction_high"),
        *("mean_tprog", "mean_tint", "mean_ttex"),
        *("tint_minus_tprog", "ttex_minus_tint", "ttex_minus_tprog"),
        *("heat_shock_z", "heat_shock_r", "published_set", "is_mouse"),
    ),
    parameters=("min_cells", "min_cells_stage", "min_patients", "quartile"),
    choices=("psr", "activation", "heat_shock"),
)
_DLI = Known(
    levels=("patient",),
    quantities=(
        *("n_pre", "n_post", "late_pre", "reference_late", "late_minus_reference"),
        *("early_change", "early_change_low", "early_change_high", "n_early"),
        *("origin_product", "origin_not_product", "origin_untracked"),
    ),
    parameters=("min_cells", "min_cells_late", "min_patients"),
)
_TISSUE = Known(
    levels=("region",),
    quantities=(
        *("n_tumour", "n_inside", "n_margin", "n_outside"),
        *("inside_area", "margin_area", "outside_area", "around_area"),
        *("inside", "inside_low", "inside_high", "margin", "outside"),
        *("around", "around_low", "around_high", "ratio", "ratio_low", "ratio_high", "to_tumour"),
    ),
    states=("tumour", "t_cells"),
)
SYSTEMS = {
    "bulk": Known(levels=("sample",)),
    "tex_psr": _PSR,
    "cart_product": _CART,
    "dli_response": _DLI,
    "immune_phenotype": _TISSUE,
}
