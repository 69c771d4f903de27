"""Comparing a query with its normal reference: maps, scores, calibration, metrics."""
