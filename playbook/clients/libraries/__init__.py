"""Modules that import a large library at once. They are imported where they are used, to keep the start fast."""
