"""The only room that opens a connection: catalogue, tokens, objects, all within one account's budget."""
