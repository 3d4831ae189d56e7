"""From a bad finding to the thing that must be done: since when, what changed, whom to call, and where to look."""
