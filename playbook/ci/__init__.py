"""What the workflows do, as commands that run anywhere: to them, GitHub is some files and variables."""
