.DEFAULT_GOAL := help
.PHONY: help run start stop status doctor admin admin-recover audit-verify test images test-images e2e format kernels bench plan clean

MODULES := $(patsubst %/pom.xml,%,$(wildcard */pom.xml))
TEST_MODULES := $(addprefix test-,$(MODULES))
.PHONY: $(TEST_MODULES)

help: ## list the targets and their options
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '  make %-24s %s\n' test-MODULE 'the tests of one module: $(MODULES)'
	@printf '\nOptions, as environment variables (docs/configuration.md):\n'
	@printf '  MODEL PORT CONTEXT MAX_BATCH_SIZE PRECISION DEVICE THREADS\n'

run: ## build if needed and run in the foreground; Ctrl-C stops
	@deploy/local/run.sh

start: ## the same in the background; prints the address when it answers
	@deploy/local/start.sh

stop: ## stop what make start started
	@deploy/local/stop.sh

status: ## say whether it runs and answers
	@deploy/local/status.sh

doctor: ## say what is wrong here and how to fix it; CLUSTER=1 a cluster, HTTPS=HOST:PORT, JSON=1
	@deploy/doctor/doctor $(if $(CLUSTER),--cluster) $(if $(JSON),--json)

admin: ## administer the platform: make admin ARGS="tenants list", ARGS=--help for all
	@deploy/admin/deepseek-admin $(ARGS)

test: ## all tests and checks
	@deploy/local/test.sh

$(TEST_MODULES): test-%:
	@deploy/local/test.sh $*

images: ## OCI images of the services in target/images, without a container engine; options: deploy/images/README.md
	@deploy/images/build.sh

test-images: ## build them, look into them, compare digests, run two of them
	@deploy/images/test.sh

e2e: ## the platform on a real Kubernetes node, from images to nothing; needs root (Linux)
	@deploy/e2e/run.sh

format: ## format all Java sources
	@JAVA_HOME="$$(deploy/local/jdk.sh)" && export JAVA_HOME && mvn -B -q -ntp spotless:apply

kernels: ## compile the CUDA kernels that changed to the PTX beside them; needs no GPU
	@python3 deploy/gpu/compile_kernels.py

bench: ## measure: against native llama.cpp, speculation, constrained decoding, tokens, cache-service, experts, auth-service, operator
	@deploy/bench/grammar.sh
	@deploy/bench/tokenizer.sh
	@deploy/bench/cache.sh
	@deploy/bench/bench.sh
	@deploy/bench/speculation.sh
	@deploy/bench/experts.sh
	@deploy/bench/auth.sh
	@deploy/bench/operator.sh

plan: ## memory and speed of a model on GPUs: make plan MODEL=deepseek-v3 GPU=h200
	@deploy/local/plan.sh

admin-recover: ## let an administrator in again who lost the second factor: ARGS='--user NAME'
	@deploy/local/admin-recover.sh $(ARGS)

audit-verify: ## verify the audit of auth-service; ARGS='--export FILE' and more, without them it tells which
	@deploy/local/audit-verify.sh $(ARGS)

clean: ## remove what was built; the model and the key stay
	@rm -rf */target target
