"""The paper's mathematical model, and a simulated benchmark made from it."""
