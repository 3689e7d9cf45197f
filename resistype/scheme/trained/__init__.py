"""Models of a user's own labels: trained with scikit-learn (`fit`), kept as plain arrays (`model`, `file`)."""

from resistype.scheme.trained.fit import fit_model
from resistype.scheme.trained.model import TrainedModel
from resistype.scheme.trained.options import Association, FitOptions

__all__ = ["Association", "FitOptions", "TrainedModel", "fit_model"]
