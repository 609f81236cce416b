"""Prefect flows: they decorate and orchestrate, nothing else."""
