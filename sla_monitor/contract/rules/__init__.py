"""What is refused: rules between the parts of a contract."""
