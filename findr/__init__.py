"""findr: the project. Settings, URLs, servers, and what every app shares."""
