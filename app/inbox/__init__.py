"""What a person finds when they look: their messages and notifications, read and unread, and what they missed."""
