"""The options of scoring."""

from dataclasses import dataclass

from pad_nerfstudio.anomaly.comparison import FeatureOptions


@dataclass(frozen=True)
class ScoringSettings:
    """What decides the scores."""

    comparison: str = "lab-envelope"
    """Name of the comparison, see `COMPARISONS`."""
    false_positive_rate: float = 0.05
    """Share of normal queries that may be called anomalous."""
    nearby_views: int = 5
    """Training photos near a query that correct its reference; 0 for the field's rendering alone."""
    calibration: str = "classes"
    """What normal views teach of maps, see `CALIBRATIONS`."""
    places: bool = False
    """Whether image scores heed how high calibrated maps of normal views are at the same place, see `NormalPlaces`."""
    second_opinion: bool = True
    """Whether maps in standard units are weighed by the network's odds, see `weighed`."""
    only_object: bool = False
    """Whether maps are 0 away from the object, see `restricted_to_object`."""
    image_score: str = "maximum"
    """Name of the image score, see `IMAGE_SCORES`."""
    features: FeatureOptions = FeatureOptions()
    """For comparisons by features."""
