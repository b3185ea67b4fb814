"""Views: load, permit, form, one action, respond."""
