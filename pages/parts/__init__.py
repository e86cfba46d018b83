"""The frame of the dashboard, its server hooks and routes, and the pieces that pages share."""
