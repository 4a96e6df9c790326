"""The desk: pages and forms for people who are signed in."""
