"""Pose-agnostic anomaly detection with radiance fields, as a Nerfstudio plugin."""

__version__ = "0.1.0"
