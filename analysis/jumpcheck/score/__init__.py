"""The emergence score: its definition in NumPy, and the tables that DuckDB computes it into."""
