"""Which model is it: names and the rules that read them, families, sizes, scales, and what is known of published models."""
