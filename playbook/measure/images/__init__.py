"""Image optimisation, tried out and counted."""
