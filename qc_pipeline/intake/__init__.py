"""Intake: call records, reference tables and recordings come in, checked; nothing is judged."""
