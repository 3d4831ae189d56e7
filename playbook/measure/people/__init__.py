"""What people do and know: sign-offs, rosters, handoffs, maintenance, emergencies."""
