"""The caveats that honest output carries: a code that never changes, and one plain line.

Texts with braces are filled in where they are printed. None of them uses a word that a scheme
forbids without a baseline, because they are printed there too.
"""

from __future__ import annotations

from collections.abc import Mapping

# What could not be checked stands in the first line of every output.
FIRST = ("NOT_COMPARABLE", "ONE_SIDED_COHORT", "SIDE_UNKNOWN", "NO_ABSOLUTE_SCALE")
CAVEATS: dict[str, str] = {
    "RUO": "Research use only; not for treatment decisions.",
    "NON_EXCLUSIVE": "Labels are not exclusive classes.",
    "NO_BASELINE": (
        "No baseline biopsy: this is a level, not a change, and nothing is said about its course in"
        " time."
    ),
    "COHORT_RELATIVE": (
        "The call depends on the {n} reference samples of this cohort; at this size about {flip} of"
        " such calls move when the cohort changes (measured in melanoma)."
    ),
    "SMALL_COHORT": "Only {n} reference samples: fewer than 30.",
    "ONE_SIDED_COHORT": (
        "The cohort is shifted: {side:.0%} of {n} samples are {where} the median of {anchor}"
        " in {quantity}; low and high among its own samples mean little."
    ),
    "SIDE_UNKNOWN": (
        "High and low are places inside this cohort; a cohort of inflamed tumours only would not be"
        " noticed ({reason})."
    ),
    "NOT_COMPARABLE": (
        "{lost} of {of} samples cannot be compared with {reference}; their levels and relative axes"
        " are not assessable."
    ),
    "STATED_COMPARABLE": (
        "You stated that tumour type, library and quantification are those of {reference}; every"
        " sample passes the check of assay and tissue, which cannot see a fault in that statement."
    ),
    "NO_ABSOLUTE_SCALE": (
        "The values ({unit}) have no absolute scale in TPM or CPM: whether MHC class I genes are"
        " silent, and whether there are T cells at all, was not checked."
    ),
    "ONE_GENE": (
        "One gene stands alone: part of it may be the mapping of its reads; look at the protein."
    ),
    "DNA_AND_EXPRESSION": (
        "The DNA event and low MHC class I expression are seen in the same sample."
    ),
    "DNA_WITHOUT_EXPRESSION": (
        "A DNA event was given while MHC class I expression is as expected: the event may be on"
        " one allele or act after transcription."
    ),
    "PURITY": (
        "Tumour purity was not given; a difference in purity alone could cause this (Aran 2015;"
        " Rhee 2018)."
    ),
    "PURITY_DROP_POSSIBLE": (
        "The IFNγ response is higher and oxidative phosphorylation lower than at baseline: "
        "a drop in tumour purity alone could cause this (Rhee 2018)."
    ),
    "INFILTRATE_IFNG": (
        "Interferon response of cancer cells and of the infiltrate cannot be separated in bulk "
        "(Benci 2019)."
    ),
    "HLA_REF_BIAS": (
        "Standard mapping underestimates most classical HLA genes and depends on the allele "
        "(AltHapAlignR); a patient against the patient's baseline is safer than between patients."
    ),
    "AP_SHARED_GENES": "Axes share genes: {genes}.",
    "LESION": "Another lesion than at baseline: part of the difference is between lesions.",
    "OTHER_BATCH": (
        "The baseline biopsy is of another batch: part of the change may be between batches."
    ),
    "BATCH_UNKNOWN": (
        "The batch of the biopsy or of its baseline is not known: part of the change may be between"
        " batches."
    ),
    "ON_TREATMENT": (
        "A biopsy during treatment. Interferon rises on the drug in responders and non-responders;"
        " this is no sign of resistance."
    ),
    "AFTER_STOP": ("Taken after treatment was stopped: a change may be the end of treatment."),
    "KIND_UNKNOWN": (
        "The kind of time point was not given: whether this biopsy is during treatment or a relapse"
        " is not known."
    ),
    "PAIR_NOISE": (
        "How far two untreated biopsies of one patient differ is unknown here; in melanoma,"
        " differences between before and on treatment spread as 0.75 to 0.9 of the baseline SD."
    ),
    "SEVERAL_BIOPSIES": (
        "Several biopsies of this patient at one time point; one of them stands for the time point."
    ),
    "BIOPSIES_DIFFER": (
        "The biopsies of this patient at this time point do not get the same calls on every axis."
    ),
    "PLATFORM": "The measuring platform differs from that of the reference.",
    "LOW_COVERAGE": "Signatures with less than 80 % of their genes in the data: {sets}.",
    "PSEUDOREP": "Tests use patients, not cells (Zimmerman 2021).",
    "NLR_CONFOUNDED": (
        "A reason was given why the NLR may mislead here (steroid, G-CSF, infection or an old"
        " value)."
    ),
    "CUT_OPTIMISED": "The cut was chosen on these data; its p is optimistic; corrected p: {p}.",
    "CONTEXT": "The rule comes from {context}; other tumours and treatments may differ.",
    "THRESHOLD_OURS": "Cut-offs marked 'ours' are this package's defaults, not from a paper.",
    "NO_VALIDATION": "These calls have not been validated against an independent labelled cohort.",
    "SIMULATED": "The data are simulated; they show the machinery, not biology.",
    "BASE_RATE_HIGH": "Found hardly more often than where there is nothing to find: {calls}.",
    # of cells
    "ACTIVATION_NOT_EXHAUSTION": (
        "LAG3, PDCD1 and others rise with activation; a high score is not exhaustion by "
        "itself. PD-1 and LAG-3 positive CAR T cells from infusion bags kill."
    ),
    "CAR_DROPOUT": (
        "A cell without a read of the transgene is not a cell without CAR; say how the CAR was"
        " detected."
    ),
    "CELL_CYCLE": "Dividing cells change every score; look at proliferation beside it.",
    "PRODUCT": (
        "Products differ in costimulation and manufacture; patients are compared within one"
        " product."
    ),
    "TIMEPOINT": (
        "States depend on the day: exhausted-like cells at day 8–14 are seen in successfully"
        " treated patients too."
    ),
    "MRNA_PROTEIN": (
        "The proteotoxic stress response is a finding of proteins; mRNA and protein correlate at"
        " 0.3 to 0.4, and its general form is not seen in transcripts (Wang 2025)."
    ),
    "NOT_PUBLISHED_SET": (
        "Scored on three validated chaperones, not on the published signature, which could not be "
        "read; a curator can add it as 'tex_psr'."
    ),
    "DISSOCIATION_OR_TSTR": (
        "Heat-shock genes explain the score or are far above the cohort: dissociation stress, or "
        "the heat-shock state of T cells (Chu 2023), cannot be told from it. The call is withheld."
    ),
    "MOUSE_TO_HUMAN": "The signature comes from mouse proteomes; genes were matched by orthology.",
    "COUNTER_EVIDENCE": (
        "In acute myeloid leukaemia expanding CD8 cells of responders came mainly from the infusion"
        " product (Maurer 2025, 25 patients): the origin of clones depends on the disease."
    ),
    "CONTEXT_CART": (
        "The studies behind this scheme are of CD19 CAR T cells in large B-cell lymphoma; other"
        " products and diseases may differ."
    ),
    "CONTEXT_DLI": (
        "The study behind this scheme is of donor lymphocytes in chronic myeloid leukaemia; other"
        " diseases differ."
    ),
    "CONTEXT_PSR": (
        "The study behind this scheme is of exhausted CD8 T cells in tumours and chronic infection."
    ),
    "DETECTION": (
        "A clone that is not found in an earlier sample may have been too small to be found there."
    ),
    "NO_ISOFORMS": "Memory split not resolvable; using CCR7/SELL/TCF7/IL7R score instead.",
    "LINEAGE_GIVEN_BY_NOBODY": (
        "No column says which cells are T cells; all cells are taken for T cells."
    ),
    # of tissue
    "ONE_IMAGE": (
        "A description of this image; other parts of the tumour may differ, and cells are not"
        " patients."
    ),
    "POISSON": (
        "Intervals take cells as independent; cells cluster, so the true intervals are wider."
    ),
}


def caveat_text(code: str, values: Mapping[str, object] | None = None) -> str:
    """The line of a caveat, with its gaps filled.

    Examples
    --------
    >>> caveat_text("SMALL_COHORT", {"n": 12})
    'Only 12 reference samples: fewer than 30.'
    """
    return CAVEATS[code].format_map(values or {})
