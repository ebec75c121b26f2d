"""The paper's scaling law, and a simulated benchmark made from it."""
