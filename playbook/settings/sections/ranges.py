"""Numbers that settings take, by their range."""

from __future__ import annotations

from typing import Annotated

import msgspec

# Over nothing, and within no time, everything would be well.
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
