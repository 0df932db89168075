"""Mail: what it says (letters), how it looks (one layout), how it leaves (one door), and what became of it."""
