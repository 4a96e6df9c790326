"""The status page: one document without a script, made from the board and the Assessment. Pure."""
