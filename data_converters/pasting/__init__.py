"""Defects on copies of good photos: stains, missing chips, foreign objects; only `job` knows of folders."""
