"""The kinds of probe, one module for each; `probe/registry.py` lists them."""
