"""Files that people hand in as evidence: what may be taken, told by content."""
