"""Providers' APIs in their documented shapes, strict about what they are asked, for the demonstration and the tests."""
