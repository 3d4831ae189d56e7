"""The backup store, its archives, and past drills."""
