"""Who people are: accounts, sign-in, tokens, roles."""
