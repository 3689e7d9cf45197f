"""Caveats that go with cells: codes that never change, each with one plain line; those of biopsies among them."""

from __future__ import annotations

from resistype.scheme.caveats import CAVEATS

__all__ = ["CAVEAT_TEXTS", "caveat_line"]

CAVEAT_TEXTS: dict[str, str] = {
    **CAVEATS,
    "ACTIVATION_NOT_EXHAUSTION": "LAG3, PDCD1 and others rise with activation; a high score is not exhaustion by "
    "itself. PD-1 and LAG-3 positive CAR T cells from infusion bags kill.",
    "CAR_DROPOUT": "A cell without a read of the transgene is not a cell without CAR; say how the CAR was detected.",
    "CELL_CYCLE": "Dividing cells change every score; look at proliferation beside it.",
    "PRODUCT": "Products differ in costimulation and manufacture; patients are compared within one product.",
    "TIMEPOINT": "States depend on the day: exhausted-like cells at day 8–14 are seen in successfully treated "
    "patients too.",
    "MRNA_PROTEIN": "The proteotoxic stress response is a finding of proteins; mRNA and protein correlate at 0.3 to "
    "0.4, and its general form is not seen in transcripts (Wang 2025).",
    "NOT_PUBLISHED_SET": "Scored on three validated chaperones, not on the published signature, which could not be "
    "read; a curator can add it as 'tex_psr'.",
    "DISSOCIATION_OR_TSTR": "Heat-shock genes explain the score or are far above the cohort: dissociation stress, or "
    "the heat-shock state of T cells (Chu 2023), cannot be told from it. The call is withheld.",
    "MOUSE_TO_HUMAN": "The signature comes from mouse proteomes; genes were matched by orthology.",
    "COUNTER_EVIDENCE": "In acute myeloid leukaemia expanding CD8 cells of responders came mainly from the infusion "
    "product (Maurer 2025, 25 patients): the origin of clones depends on the disease.",
    "CONTEXT_CART": "The studies behind this scheme are of CD19 CAR T cells in large B-cell lymphoma; other products "
    "and diseases may differ.",
    "CONTEXT_DLI": "The study behind this scheme is of donor lymphocytes in chronic myeloid leukaemia; other diseases "
    "differ.",
    "CONTEXT_PSR": "The study behind this scheme is of exhausted CD8 T cells in tumours and chronic infection.",
    "DETECTION": "A clone that is not found in an earlier sample may have been too small to be found there.",
    "NO_ISOFORMS": "Memory split not resolvable; using CCR7/SELL/TCF7/IL7R score instead.",
    "LINEAGE_GIVEN_BY_NOBODY": "No column says which cells are T cells; all cells are taken for T cells.",
}


def caveat_line(code: str) -> str:
    """The line of a caveat.

    Examples
    --------
    >>> caveat_line("PSEUDOREP")
    'Tests use patients, not cells (Zimmerman 2021).'
    """
    return CAVEAT_TEXTS[code]
