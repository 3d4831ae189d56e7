"""Log files, and lines that the sandbox writes on."""
