"""An app that findr does not have: it is installed by a test, to see that nothing else has to know of it."""
