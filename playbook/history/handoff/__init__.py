"""What one week or month hands to the next: the page, what ends soon, the files, the command."""
