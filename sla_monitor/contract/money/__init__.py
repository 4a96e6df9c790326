"""What results are worth: charges, caps, credit methods, triggers."""
