"""Who may sign in, who is signed in, and what was played: a small SQLite file of its own.

Not in DuckDB: a sign-in must not wait for a loader that is writing there, and session rows
change with every request. Nothing here belongs to a register; what must be provable (sign-ins,
listens, changes of a role) goes to the access log as well.
"""
