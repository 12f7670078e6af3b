"""The steps of a rotation, each safe to repeat: it first looks whether its work is already done."""
