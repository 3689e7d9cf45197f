"""A report of one patient: the same page with this patient's samples alone.

The cohort stays as what the patient is compared with (how many have each call), but nobody else is named: neither in
the pairs, nor among the refusals, nor in the notes of the reading.
"""

from __future__ import annotations

from resistype.report.model import ChangePanel, Cohort, Inputs, Report
from resistype.report.parts import Group
from resistype.report.units import refusals

__all__ = ["only_patient", "patients_of"]


def patients_of(report: Report) -> tuple[str, ...]:
    """Patients of a report, in its order."""
    return tuple(dict.fromkeys(unit.patient for group in report.groups for unit in group.units if unit.patient))


def only_patient(report: Report, patient: str) -> Report:
    """The report of one patient."""
    groups = tuple(_group(group, patient) for group in report.groups)
    codes = {code for group in groups for unit in group.units for code in unit.caveats}
    every = {code for group in report.groups for unit in group.units for code in unit.caveats}
    kept = {code: text for code, text in report.caveats.items() if code in codes or code not in every}
    changes = {
        "patient": patient,
        "groups": groups,
        "cohort": _cohort(report.cohort, patient),
        "caveats": kept,
        "inputs": _inputs(report.inputs),
    }
    return report.model_copy(update=changes)


def _group(group: Group, patient: str) -> Group:
    units = tuple(unit for unit in group.units if unit.patient == patient)
    kept = refusals(units, [axis.id for axis in group.axes])
    return group.model_copy(update={"units": units, "refused": kept, "ordered_by": "baseline first"})


def _cohort(cohort: Cohort, patient: str) -> Cohort:
    panels = tuple(one for panel in cohort.panels if (one := _panel(panel, patient)).changes)
    steps = tuple(step.model_copy(update={"patients": (patient,)}) for step in cohort.steps if patient in step.patients)
    tables = tuple(
        table.model_copy(update={"rows": tuple(row for row in table.rows if str(row[0]) == patient)})
        for table in cohort.tables
        if table.columns[0] == "patient"
    )
    return cohort.model_copy(update={"panels": panels, "steps": steps, "tables": tables})


def _panel(panel: ChangePanel, patient: str) -> ChangePanel:
    return panel.model_copy(update={"changes": tuple(one for one in panel.changes if one.patient == patient)})


def _inputs(inputs: Inputs) -> Inputs:
    return inputs.model_copy(update={"notes": ()})
