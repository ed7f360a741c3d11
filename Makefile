# Every task of the project. `make help` lists them; V=1 shows the output of each step.

.DEFAULT_GOAL := help
torture := /usr/bin/python3 -B Tests/Torture/torture.py
torture_durable := /usr/bin/python3 -B Tests/Torture/durable.py
torture_executions := /usr/bin/python3 -B Tests/Torture/executions.py
soak := /usr/bin/python3 -B Tests/Soak/soak.py
simulation := .build/release/longhaul-simulation
# Only `test` runs steps side by side.
$(if $(side_by_side),,$(eval .NOTPARALLEL:))
# The number of tests that run at once. More of them only wait for each other, and reach their deadlines.
test_width := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=32
# The prerequisite of tasks that need the binary. `test` builds first and runs other tasks with built=yes.
needs_build := $(if $(built),,build)
.PHONY: docs docs-tests settings
.PHONY: help start-clock bootstrap build run check test simulation simulate browser torture torture-durable torture-executions fuzz lint soak bench bench-postgres bench-durable bench-states bench-brokers bench-beside bench-sdk-python bench-sdk-javascript sdk-python torture-sdk-python deployment package test-package burst pairs schema openapi security view examples mutants clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## install missing Debian packages and check the Swift toolchain
	@scripts/bootstrap.sh

build: bootstrap ## build the command: .build/release/longhaul
	@scripts/step.sh "Building longhaul (release)" swift build -c release --product longhaul

run: build ## start a server, run two real jobs and show their results (KEEP=1 keeps it running)
	@scripts/run.sh

# Records the duration of each step of `test` and `check` for their last line.
start-clock:
	@mkdir -p .run && date +%s >.run/step-times
	$(eval export STEP_TIMES := $(CURDIR)/.run/step-times)

check: start-clock bootstrap lint simulation ## a quick gate while you work: lint, unit tests, conformance on memory and SQLite, 600 seeds
	@scripts/step.sh "Building the tests (debug)" swift build --build-tests
	@scripts/step.sh --show 'Test run with' --hide '^[◇✔]' "Running unit and conformance tests" swift test --skip-build \
		--skip '^(BlackBox|LonghaulPostgres|LonghaulRedis|LonghaulRabbitMQ|LonghaulKafka|LonghaulSQS|LonghaulS3)Tests\.'
	@scripts/step.sh --show '^seeds' "Simulating 500 seeds of faults" $(simulation) --seeds 500
	@scripts/step.sh --show '^seeds' "Simulating 100 seeds of faults under SQLite" $(simulation) --store sqlite --seeds 100
	@scripts/step-times.sh

# Builds two configurations once: black-box tests start the release binary, all other tests are debug.
test: start-clock bootstrap lint build simulation ## lint, build and run every test
	@scripts/step.sh "Testing the alert rules" scripts/alerts.sh
	@scripts/step.sh --show '^deployment:' "Checking the files in deploy" scripts/deployment.sh
	@scripts/step.sh "Building the tests (debug)" swift build --build-tests
	@scripts/step.sh --show 'Test run with' --hide '^[◇✔]' "Running the tests" \
		env LONGHAUL_BINARY=$(CURDIR)/.build/release/longhaul $(test_width) scripts/tests.sh 1500 --skip-build
	@scripts/step.sh --show '^Checked|^Ran |skipped' --hide ' ok$$' "Checking the Swift snippets and the first-job pages" \
		scripts/snippets.sh
	@scripts/pairs.sh --cover
	@scripts/examples.sh
	@$(MAKE) --no-print-directory fuzz built=yes
	@scripts/step.sh --show '^seeds' "Simulating 10,000 seeds of faults" $(simulation) --seeds 10000
	@scripts/step.sh --show '^broken' "Simulating broken engines" $(simulation) --broken all --seeds 1000
	@scripts/step.sh --show '^seeds' "Simulating 10,000 seeds of faults under SQLite" \
		$(simulation) --store sqlite --seeds 10000
	@scripts/step.sh --show '^broken' "Simulating broken SQLite stores" \
		$(simulation) --store sqlite --broken all --seeds 1000
	@$(MAKE) --no-print-directory -j2 --output-sync=target built=yes side_by_side=yes $(side_by_side_steps)
	@scripts/step.sh --show '^Ran |skipped' --hide '\.\.\. ok$$' "Attacking the server with crowds" scripts/security.sh --crowds
	@scripts/step-times.sh

# The steps of `test` that mostly wait. They run two at a time, the longest first.
side_by_side_steps := attacks-1 test-browser short-soak schema attacks-2 openapi sdk-python sdk-javascript docs-tests test-torture test-cuts \
	test-torture-rabbitmq test-torture-sqs test-torture-redis test-executions-sqlite test-executions-postgres test-verdicts
.PHONY: $(side_by_side_steps) test-torture-kafka bench-storm

attacks-1 attacks-2: attacks-%:
	@scripts/step.sh --show '^Ran |skipped' --hide '\.\.\. ok$$' "Attacking the server, part $* of 2" scripts/security.sh --part $*

short-soak:
	@scripts/step.sh --show '^  Soak|^  Nothing|BROKEN' "Soaking longhaul on SQLite and PostgreSQL for three minutes" \
		scripts/soak.sh 100

test-torture:
	@scripts/step.sh --show '^  ' "Torturing longhaul" $(torture) --seconds 60 --kills 10

test-torture-redis test-torture-rabbitmq test-torture-sqs test-torture-kafka: test-torture-%:
	@scripts/step.sh --show '^  ' "Torturing it over PostgreSQL and $*" \
		$(torture) --store postgres --queue $* --seconds 20 --pause 0.55 --each 1

test-executions-sqlite test-executions-postgres: test-executions-%:
	@scripts/step.sh --show '^  ' "Killing servers and workers under executions on $*" \
		$(torture_executions) --executions 40 --store $* --max-seconds 25

test-cuts:
	@scripts/step.sh --show '^Ran ' --hide '\.\.\. ok$$' "Cutting servers off from PostgreSQL, Redis, RabbitMQ, Kafka and SQS" \
		/usr/bin/python3 -B Tests/Torture/test_cuts.py

test-browser:
	@scripts/step.sh --show '^Ran ' --hide '\.\.\. ok$$' "Testing the dashboard in a browser" scripts/browser-tests.sh

test-verdicts:
	@scripts/step.sh "Testing the checks of the torture" \
		/usr/bin/python3 -B -m unittest discover -s Tests/Torture -t Tests/Torture -p 'test_*checks.py'
	@scripts/step.sh "Testing the verdicts of the soak" \
		/usr/bin/python3 -B -m unittest discover -s Tests/Soak -t Tests/Soak
	@scripts/step.sh "Testing the lists of mutants" \
		/usr/bin/python3 -B -m unittest discover -s Tests/Mutants -t Tests/Mutants

simulation: bootstrap
	@scripts/step.sh "Building the simulation (release)" swift build -c release --product longhaul-simulation

mutants: bootstrap ## plant each fault of Tests/Mutants alone, and report the faults that no test notices (ONLY="MODULE|NAME…")
	@/usr/bin/python3 -B Tests/Mutants/run.py --jobs $(or $(JOBS),1) $(ONLY)

simulate: simulation ## run SEEDS=10000 simulations of the engine under faults, from seed FROM=1, on STORE=memory|sqlite
	@$(simulation) --store $(or $(STORE),memory) --seeds $(or $(SEEDS),10000) --from $(or $(FROM),1)

browser: build ## test the dashboard in Chromium and Firefox; screenshots are in .run/screenshots
	@scripts/browser-tests.sh

torture: build ## kill, stop and starve all parts for SECONDS=60 and look for lost jobs (STORE=postgres QUEUE=redis|rabbitmq|kafka|sqs ARTIFACTS=s3)
	@$(torture) --seconds $(or $(SECONDS),60) --store $(or $(STORE),sqlite) --queue $(or $(QUEUE),store) \
		--artifacts $(or $(ARTIFACTS),file)

torture-durable: build ## kill servers and workers under N=1000 durable jobs on STORE=sqlite|postgres, and check every journal
	@$(torture_durable) --processes $(or $(N),1000) --store $(or $(STORE),sqlite)

torture-sdk-python: build ## kill servers and workers under N=10000 jobs of the Python SDK on STORE=sqlite|postgres, and look for lost jobs
	@/usr/bin/python3 -B Tests/Torture/sdk_python.py --jobs $(or $(N),10000) --store $(or $(STORE),sqlite)

torture-executions: build ## kill servers and workers under N=500 executions of state machines on STORE=sqlite|postgres, and check every history
	@$(torture_executions) --executions $(or $(N),500) --store $(or $(STORE),sqlite)

soak: build ## run a mixed load for SECONDS=1800 on STORE=sqlite|postgres, and fail if anything hangs, fails or grows
	@$(soak) --seconds $(or $(SECONDS),1800) --store $(or $(STORE),sqlite)

fuzz: $(needs_build) ## send N=1000000 mutated inputs to every decoder, and N/50 mutated requests to the server (SEED=1)
	@scripts/step.sh "Building the fuzzer (release)" swift build -c release --product longhaul-fuzz
	@scripts/step.sh --show '^Fuzzed|BROKEN' "Fuzzing the decoders" \
		.build/release/longhaul-fuzz $(or $(N),1000000) $(or $(SEED),1)
	@scripts/step.sh --show '^Sent|BROKEN' "Fuzzing the server" /usr/bin/python3 -B Tests/Fuzz/requests.py \
		--count $$(($(or $(N),1000000) / 50)) --seed $(or $(SEED),1)

security: $(needs_build) ## run the attacks in Tests/Security against the release binary
	@scripts/step.sh --show '^Ran |skipped' --hide '\.\.\. ok$$' "Attacking the server" scripts/security.sh

schema: $(needs_build) ## compare the server with its OpenAPI document for two minutes, with schemathesis (SEED=1)
	@scripts/step.sh --show 'Test cases:|generated' "Checking the OpenAPI document" \
		scripts/schemathesis.sh --seed $(or $(SEED),1)

openapi: $(needs_build) ## check the examples of the OpenAPI document, and use clients that are generated from it
	@scripts/step.sh --show '^Ran |skipped' --hide ' ok$$' "Checking examples and generated clients" scripts/openapi.sh

sdk-python: $(needs_build) ## check the Python SDK: style, types, its documentation, and its tests against the server
	@scripts/step.sh --show '^Ran |skipped' --hide ' ok$$' "Testing the Python SDK" scripts/sdk-python.sh

docs: ## build the documentation as one static site with search: .run/docs/site
	@scripts/step.sh --show '^docs:' "Building the documentation" scripts/docs.sh

settings: build ## write the tables of docs/settings.md from the help texts
	@scripts/settings.py

docs-tests: $(needs_build) ## run the snippets of the guides, and compare docs/settings.md with the command
	@scripts/step.sh --show '^Ran ' --hide '\.\.\. ok$$' "Running the snippets of the guides" scripts/docs-tests.sh

lint: ## check format, file length, wording, links, locks, shell scripts and Python programs
	@scripts/step.sh --show "^lint:" "Checking format and scripts" scripts/lint.sh

sdk-javascript: $(needs_build) ## test the JavaScript SDK in Node and Chromium, its types, and its workers under kills
	@scripts/step.sh --show '^# (pass|fail|skipped) |^  [0-9]+ (jobs|lost)' --hide '^ *(ok|#|---|\.\.\.|duration_ms|type:)' \
		"Testing the JavaScript SDK" scripts/sdk-javascript.sh

bench: build ## measure the rates of submission and drain, the latency when idle, the cost of depth, and memory
	@scripts/bootstrap.sh wrk
	@scripts/step.sh "Building the benchmarks (release)" swift build -c release --product longhaul-bench
	@scripts/bench.sh
	@scripts/step.sh --show '^  ' "Heartbeats of 1,000 workers" Benchmarks/heartbeats.py

view: build ## measure the load time of the dashboard with 1,000,000 stored jobs
	@scripts/bench-dashboard.sh

bench-postgres: build ## measure the PostgreSQL store beside awa-pg, Procrastinate and a plain table
	@scripts/step.sh "Building the benchmarks (release)" swift build -c release --product longhaul-bench
	@scripts/bench-postgres.sh

bench-beside: build ## measure submissions beside the largest requests (STORE=sqlite|postgres)
	@/usr/bin/python3 -B Benchmarks/beside.py --store $(or $(STORE),sqlite)

bench-durable: build ## measure durable jobs beside DBOS and raw SQLite, suspended jobs, timers and resumes
	@scripts/step.sh "Building the benchmarks (release)" swift build -c release --product longhaul-bench
	@scripts/bench-durable.sh

bench-sdk-javascript: build ## measure Node workers of the JavaScript SDK beside BullMQ (JOBS=20000 PROCESSES=2)
	@scripts/bench-sdk-javascript.sh

bench-states: build ## measure executions of state machines beside LocalStack's interpreter and beside chains
	@scripts/bootstrap.sh wrk
	@scripts/step.sh "Building the benchmarks (release)" swift build -c release --product longhaul-bench
	@scripts/bench-states.sh

bench-brokers: build ## measure Redis, RabbitMQ and Kafka as queues beside Celery
	@scripts/step.sh "Building the benchmarks (release)" swift build -c release --product longhaul-bench
	@scripts/bench-brokers.sh

bench-storm: build ## measure 1,000 jobs/s through Kafka while a consumer joins or leaves each second (SECONDS=60)
	@/usr/bin/python3 -B Benchmarks/kafka_storm.py --seconds $(or $(SECONDS),60)

bench-sdk-python: build ## measure the drain of the Python SDK over HTTP beside Celery on Redis
	@scripts/bench-sdk-python.sh

deployment: build ## check the units, the Compose file and the Dockerfile in deploy/ with their own tools
	@scripts/deployment.sh

package: bootstrap ## build a tarball, a Debian package and a Python wheel with a static Swift runtime in .run/packages (BINARY=PATH)
	@scripts/package.sh $(BINARY)

test-package: ## install each package of .run/packages in a clean Debian and run a job with it; needs root
	@scripts/step.sh --show '^package-test: ' "Testing the packages" scripts/package-test.sh

examples: build ## run every example and check its results
	@scripts/examples.sh

burst: bootstrap build ## test the autoscaler with a burst of 10,000 jobs: from 0 to 10 workers and back
	@scripts/step.sh "Building the tests (debug)" swift build --build-tests
	@scripts/step.sh --show 'Test run with' --hide '^[◇✔]' "Scaling for a burst of 10,000 jobs" \
		env BURST_JOBS=10000 LONGHAUL_BINARY=$(CURDIR)/.build/release/longhaul \
		swift test --skip-build --filter autoscalerGrowsToTenWorkersAndShrinksToNone

pairs: build ## run the black-box tests on the eleven pairs of store and queue other than sqlite+store (PAIRS='postgres+redis …')
	@scripts/step.sh "Building the tests (debug)" swift build --build-tests
	@scripts/pairs.sh $(PAIRS)

clean: ## remove the build and the files of runs
	@rm -rf .build .run
