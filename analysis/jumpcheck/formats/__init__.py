"""Files of results, one module per format: bytes in, numbers and rejects out."""
