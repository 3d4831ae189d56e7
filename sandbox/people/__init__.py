"""What people keep: roster, sign-offs, waivers, handoffs, maintenance windows."""
