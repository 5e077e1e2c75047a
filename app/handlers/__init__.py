"""The Lambda functions: one module for each resource, one public name for each function."""
