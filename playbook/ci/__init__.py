"""Commands used by the workflows; they run anywhere: GitHub is only some files and environment variables to them."""
