"""The pages: server-rendered, usable without JavaScript, on the actions and queries of the API."""
