"""S3 on loopback: nanio's signatures, routes and documents, over the sandbox's archive."""
