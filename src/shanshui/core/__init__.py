"""Words and rules; imports nothing of ours."""
