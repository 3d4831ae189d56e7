"""The static site of past runs: pure functions from the history to pages, and the command that writes them."""
