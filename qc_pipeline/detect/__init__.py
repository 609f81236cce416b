"""Room: detect."""
