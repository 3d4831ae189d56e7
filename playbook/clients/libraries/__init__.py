"""What takes a library as soon as it is loaded. Imported where it is used, so that a start does not pay for it."""
