"""Which assessments belong to which deliverable; lists, no logic."""
