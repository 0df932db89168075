"""A practice's week, drawn: which days, where each thing stands in the picture, and the page around it."""
