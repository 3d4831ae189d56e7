"""From a finding to the next action: since when it fails, what changed, whom to call, and where to look."""
