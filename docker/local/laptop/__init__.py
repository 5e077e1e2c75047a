"""The laptop stack: MiniStack stands in for AWS, and the very template that goes to AWS is deployed into it."""
