"""One issuer of tokens for every vendor that lets people connect an account: RFC 6749, 7636 (PKCE) and 7009.

A vendor mounts it under its own paths and says in ``IssuerSettings`` how it differs from the others.
"""
