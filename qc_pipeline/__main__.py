"""`python -m qc_pipeline` is `qc`."""

from qc_pipeline.cli import main

main()
