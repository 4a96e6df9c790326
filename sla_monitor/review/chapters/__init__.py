"""The chapters of a pack, one module for each; `monthly_pack.py` has their order."""
