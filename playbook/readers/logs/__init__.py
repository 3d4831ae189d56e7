"""Reading logs: bytes → lines → entries → a review, in one pass and constant memory. No files, no network."""
