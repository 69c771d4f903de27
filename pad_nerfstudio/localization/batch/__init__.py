"""Direct alignment of many hypotheses of many photos at once, for renderers that draw many cameras in one call.

Each function is the twin of one in `localization` that does the same for one pose; that one is the reference.
"""
