"""The embedded engine: reads delivery notes with words, vectors and rules, on this machine alone."""
