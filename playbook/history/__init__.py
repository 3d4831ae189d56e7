"""The runs of all time, when the next is due, and the incidents that they show."""
