"""People: sign-offs, rosters, handoffs, maintenance, emergencies."""
