"""Prefect flows: they decorate and orchestrate, nothing else."""

import os

# Without a server of the user's own Prefect starts one for the run: busy machines need longer
# than its twenty seconds.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
