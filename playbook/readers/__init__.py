"""What reads a log, an archive, a header or a document that is already here. Pure."""
