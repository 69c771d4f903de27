"""A comparison learnt from normal views alone, with synthetic defects as the only anomalies it has seen."""
