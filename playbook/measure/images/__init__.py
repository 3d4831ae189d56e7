"""Image optimisation: tested with a sample, and the workers' counts."""
