"""Backup archives: when one was made, and whether it is whole. Pure; knows no store and no verdicts."""
