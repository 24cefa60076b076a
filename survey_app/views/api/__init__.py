"""What programs read: published figures, groups, waves and instruments, by keys that are scoped like people."""
