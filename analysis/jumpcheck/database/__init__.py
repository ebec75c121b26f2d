"""The database file: all tables put together, and what a run says of it."""
