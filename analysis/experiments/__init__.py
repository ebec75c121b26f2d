"""The paper's trained models, and answers of models that a user brings."""
