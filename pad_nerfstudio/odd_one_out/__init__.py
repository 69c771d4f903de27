"""The scene-level method: which instance of a scene is not like the others.

Source: Bhunia et al., "Odd-One-Out: Anomaly Detection by Comparing with Neighbors".
"""
