"""What is probed and what is expected of the answer: one class for each kind of probe."""
