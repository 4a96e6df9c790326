"""One HTTP request with its redirects: asked, read within limits, and what a good answer looks like."""
