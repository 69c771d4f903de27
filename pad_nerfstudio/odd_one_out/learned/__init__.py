"""The method that learns from many scenes: Bhunia et al., "Odd-One-Out", sections 3 and 4.2."""
