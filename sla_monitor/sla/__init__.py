"""What it means: pure contract maths, without I/O, clock or logging."""
