"""The image optimiser and its worker."""
