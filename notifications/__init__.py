"""Telling people. So far the feed: one gap-free sequence of frames for each recipient, and its REST twin."""
