"""The chapters of a pack, in the order in which the meeting reads them; one module for each."""
