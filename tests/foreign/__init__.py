"""What other people's systems say, in their words: the right verdict for each."""
