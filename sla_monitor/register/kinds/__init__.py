"""The kinds of entry: each with its fields, its rules, its words and its example."""
