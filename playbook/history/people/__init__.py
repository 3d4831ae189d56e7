"""Records kept by people: sign-offs, waivers, the on-call roster, and their files."""
