"""Answers of third-party systems in their own words, with the right verdict for each."""
