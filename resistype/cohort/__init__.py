"""Cohorts: the clinical phenotype of resistance, and what is said of groups of patients."""

from resistype.cohort.clinical import Phenotype, clinical, phenotype, thresholds

__all__ = ["Phenotype", "clinical", "phenotype", "thresholds"]
