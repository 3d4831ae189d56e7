"""The history of runs, when the next is due, and the incidents derived from it."""
