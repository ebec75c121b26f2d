"""Numbers of any format as the tables that everything else reads: one row per published number, nothing dropped."""
