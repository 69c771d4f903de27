"""The ns-pad-* commands: parse, call the library, print."""

import os

# Read when torch loads its OpenMP: threads that spin between small operations slow everything down on busy cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
