"""The embedded engine: reads delivery notes by words, vectors and rules, on this machine."""
