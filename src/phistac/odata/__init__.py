"""The catalogue's language: attributes, filters, queries and records. Values in, values out; nothing here connects."""
