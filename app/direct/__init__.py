"""AWS without its SDK, for the services that a message meets on its way: DynamoDB, SQS, SNS and `@connections`.

A client here has the names, the parameters, the answers and the errors of the SDK's. It is there because importing the
SDK and having it read its models is most of a cold start, and its parser most of a broadcast; `docs/architecture.md`
has the figures. What nobody waits for - mail, the user pool - is the SDK's, and so is the chain of credentials.
"""
