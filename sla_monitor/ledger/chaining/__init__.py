"""The chain over what is recorded: links, heads, and whether everything is as it was."""
