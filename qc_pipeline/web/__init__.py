"""The desk in the browser: pages over the registers, for people with roles."""
