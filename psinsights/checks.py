"""System checks of the front."""
