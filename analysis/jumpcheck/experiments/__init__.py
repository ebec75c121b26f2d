"""The paper's trained models: how they are built, trained and compared."""
