"""HTTP, with patience: retries that heed ``Retry-After``, refusals in words, and no secret to a stranger."""
