"""One set of blocks in five renderings: HTML, PDF, workbook, CSV, JSON."""
