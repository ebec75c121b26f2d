"""Whether a jump is what a smooth law gives: fits, scatter, tests, forecasts."""
