"""What the system is about: users, messages, notifications, connections, tickets, deliveries, and their rules."""
