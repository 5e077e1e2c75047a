"""The Site Communications Backend: every Lambda function of the system, in one package and one image."""
