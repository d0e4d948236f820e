"""Services: items as data, and what a case of one is (GB/T 39046-2020)."""
