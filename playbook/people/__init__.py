"""What only people know: sign-offs, waivers, the on-call roster, the files that they stand in."""
