"""What every other room stands on: errors, files, rejects, columns, processes, DuckDB."""
