"""The scan: intake to store, for one call and for a whole night."""
