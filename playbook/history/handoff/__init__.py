"""Handoff of a week or month to the next: the page, what ends soon, the files, the command."""
