"""What is sent: messages, channels and delivery. It knows no survey, no team and no answer."""
