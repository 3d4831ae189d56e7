"""What can be wrong with an optimised image."""

from __future__ import annotations

from typing import Literal

# Valid pictures of the wrong thing:
#   grey     one colour in the size of what was sent
#   dot      one pixel
#   another  somebody else's photograph in that size
#   blue     red and blue have changed places
#   covered  the lower right corner is black
#   stored   as the camera has stored it, without the orientation in which it was held
Mistake = Literal["grey", "dot", "another", "blue", "covered", "stored"]
