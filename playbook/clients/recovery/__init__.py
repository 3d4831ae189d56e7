"""Restoring a backup to see whether it can be: into a place of its own, measured, recorded, and cleared away."""
