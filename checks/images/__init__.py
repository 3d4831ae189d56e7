"""Image optimisation."""
