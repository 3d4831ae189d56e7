"""Commands used by the workflows; they run anywhere, as GitHub is only files and variables to them."""
