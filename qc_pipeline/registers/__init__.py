"""Room: registers."""
