"""What makes text of what is encoded, compressed or packed: see docs/decoders.md."""
