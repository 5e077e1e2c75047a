# The image of all Lambda functions: the command names the handler.
# The same input gives the same layers: fixed times, no caches, no logs, byte-code that does not look at times.
ARG SOURCE_DATE_EPOCH=1767225600

FROM debian:trixie-slim AS base
ARG SOURCE_DATE_EPOCH
# Python, and the certificates of those we speak TLS to. The byte-code is made here: nothing can be written at run time.
# It says in which line something is, and not in which column, which nobody reads and every start would load. What
# Python has for those who write programs is left out.
RUN touch /tmp/start \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates python3 \
    && find /usr/lib/python3* -depth -type d \( -name __pycache__ -o -name pydoc_data -o -name test \) -exec rm -rf {} + \
    && cd /usr/lib/python3.13 && rm -rf _pyrepl curses doctest.py pydoc.py turtle.py unittest venv wsgiref && cd / \
    && PYTHONNODEBUGRANGES=1 python3 -B -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.13 /usr/lib/python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/ldconfig/* /var/cache/debconf/*-old \
        /var/lib/dpkg/*-old /var/log/apt/* /var/log/*.log \
    && find / -xdev -newer /tmp/start -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} + \
    && rm /tmp/start && touch --date="@$SOURCE_DATE_EPOCH" /tmp

FROM base AS builder
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends binutils python3-pip python3-setuptools
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# Where a network inspects TLS, the build is handed that network's certificates as the secret `ca`; they take the place
# of Debian's for one command and stay out of every layer. Everywhere else there is no such secret.

FROM builder AS emulator
ARG SOURCE_DATE_EPOCH TARGETARCH
COPY docker/rie-requirements.txt .
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt --mount=type=cache,target=/root/.cache/pip \
    pip install --quiet --no-deps --no-compile --require-hashes --target wheel --requirement rie-requirements.txt \
    && case "$TARGETARCH" in amd64) machine=x86_64 ;; *) machine=$TARGETARCH ;; esac \
    && install -D --mode 755 wheel/samcli/local/rapid/aws-lambda-rie-$machine /out/usr/local/bin/aws-lambda-rie \
    && install -D --mode 644 --target-directory /out/usr/share/doc/aws-lambda-rie wheel/*.dist-info/licenses/*
COPY docker/entrypoint.sh /out/
RUN chmod 755 /out/entrypoint.sh && find /out -exec touch --date="@$SOURCE_DATE_EPOCH" {} +

FROM builder AS dependencies
ARG SOURCE_DATE_EPOCH
WORKDIR /out/usr/local/lib/python3.13/dist-packages
COPY requirements.txt /
# One package comes as source only; it is plain Python, and Debian's setuptools make it what is installed.
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt --mount=type=cache,target=/root/.cache/pip \
    pip install --quiet --no-compile --only-binary :all: --no-binary amazon-dax-client --no-build-isolation \
        --require-hashes --target . --requirement /requirements.txt
# Leaves out what no function reads: commands, types, sources of extensions, debugging symbols, tests, examples, and
# the descriptions of all AWS services but those that we call and those that credentials may come from.
RUN find . \( -name '*.py[ix]' -o -name '*.px[di]' -o -name '*.[ch]' -o -name py.typed -o -name RECORD \) -delete \
    && find botocore/data boto3/data -mindepth 1 -maxdepth 1 -type d -regextype posix-extended \
        ! -regex '.*/(apigatewaymanagementapi|cognito-idp|dynamodb|sesv2|sns|sqs|sso|sso-oidc|sts)' -exec rm -rf {} + \
    && find . -depth -type d \( -name tests -o -name examples \) -exec rm -rf {} + \
    && rm -rf bin botocore/data/*/*/examples-1.json* \
    && find . -name '*.so' -exec strip --strip-unneeded {} + \
    && PYTHONNODEBUGRANGES=1 python3 -m compileall -q --invalidation-mode unchecked-hash -s /out -p / /out \
    && chmod -R u=rwX,go=rX /out && find /out -exec touch --date="@$SOURCE_DATE_EPOCH" {} +

FROM base AS code
ARG SOURCE_DATE_EPOCH
COPY app /out/var/task/app
RUN PYTHONNODEBUGRANGES=1 python3 -m compileall -q --invalidation-mode unchecked-hash -s /out -p / /out \
    && chmod -R u=rwX,go=rX /out && find /out -exec touch --date="@$SOURCE_DATE_EPOCH" {} +

FROM base
COPY --from=emulator /out /
COPY --from=dependencies /out /
COPY --from=code /out /
WORKDIR /var/task
# Only under the name of a managed runtime does the runtime interface client let SIGTERM through and write UTF-8.
# Looking for plug-ins of pydantic, which nobody installs here, costs 15 ms of every start.
ENV AWS_EXECUTION_ENV=AWS_Lambda_python3.13 PYTHONDONTWRITEBYTECODE=1 PYDANTIC_DISABLE_PLUGINS=__all__
LABEL com.amazonaws.lambda.feature.snapstart="Allow"
USER nobody
ENTRYPOINT ["/entrypoint.sh"]
CMD ["app.handlers.users.get"]
