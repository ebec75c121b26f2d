"""Figures from frames: how they look, what they draw."""
