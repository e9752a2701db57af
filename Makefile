# `make demo` and `make test`: each does all its own set-up, on a machine with Rust and a C compiler.
# Go is needed only where the third-party programs can't be downloaded.

.PHONY: demo test quick bench fuzz tools programs crds format clippy drift chart deny

# The pinned toolchain may be installed under another name, with no way to fetch it under its own.
ifndef RUSTUP_TOOLCHAIN
export RUSTUP_TOOLCHAIN := $(shell tools/toolchain.sh)
endif

demo: tools programs
	target/debug/demo $(ARGS)

# Runs stages, those that wait beside those that compute, and shows where the time went: testenv/src/bin/stages.rs.
STAGES = target/debug/stages
CHECKS = "format: make format" "clippy: make clippy" "drift: make drift"
TESTS = cargo test --workspace --no-fail-fast
SHOWN = -- --show-output
# What computes takes what is left of the cores by what waits, which would lose its leases otherwise.
COMPUTES = nice -n 10 $(TESTS)
# Most of its time e2e waits: for settle times, for leases, for a provider that is away.
E2E = RUST_TEST_THREADS=8 $(TESTS) --test e2e $(SHOWN)
# All other integration tests.
COMPUTED = $(filter-out e2e,$(notdir $(patsubst %/main.rs,%,$(wildcard tests/*/main.rs */tests/*/main.rs)) $(basename $(wildcard tests/*.rs */tests/*.rs))))

# Everything: what CI runs.
test: tools programs
	$(STAGES) $(CHECKS) "chart: make chart" "deny: make deny" "build: $(TESTS) --no-run" \
	  -- "e2e: $(E2E)" "demo: target/debug/demo --once" \
	  -- $(foreach name,$(COMPUTED),"$(name): $(COMPUTES) --test $(name) $(SHOWN)") \
	  "units: $(COMPUTES) --lib --bins $(SHOWN)" "doctests: $(COMPUTES) --doc"

# After every change: the same checks, and of the tests what answers soon.
quick: tools programs
	$(STAGES) $(CHECKS) "build: $(TESTS) --no-run" \
	  -- "e2e: $(E2E) a_life_in_which_nothing_goes_wrong" \
	  -- "walk: WALK='two objects, one slot' $(COMPUTES) --test decision_walk the_promise" \
	  "units: $(COMPUTES) --lib --bins" $(foreach name,properties http,"$(name): $(COMPUTES) --test $(name)")

# For example: make bench ARGS="100 1000 10000"
bench: tools
	cargo bench --bench circuits -- $(ARGS)

# For example: make fuzz SECONDS=600
SECONDS ?= 30
fuzz:
	test -x .tools/cargo/bin/cargo-fuzz || cargo install cargo-fuzz --version 0.13.2 --locked --root .tools/cargo
	for target in bodies documents manifests; do \
	  PATH="$(CURDIR)/.tools/cargo/bin:$$PATH" cargo fuzz run --sanitizer none $$target -- -max_total_time=$(SECONDS) || exit 1; \
	done

# All our programs. A test goes with them, so that cargo gives all crates the features that tests need: else it would
# build most dependencies twice.
programs:
	cargo build --workspace --bins --test e2e

tools:
	@tools/check.sh
	@tools/install.sh

# Writes the CRDs, here and in the chart, from src/api.
crds: programs
	target/debug/interconnect-operator crds --dir crds
	target/debug/interconnect-operator crds --dir charts/interconnect-operator/crd-files

format:
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets -- -D warnings

# Fails if the committed CRDs are not those of src/api.
drift: programs
	@for folder in crds charts/interconnect-operator/crd-files; do \
	  rm -rf target/crds && mkdir -p target/crds && \
	  target/debug/interconnect-operator crds --dir target/crds && \
	  diff -r target/crds $$folder || { echo "$$folder is not what src/api says: run make crds"; exit 1; }; \
	done

chart: tools
	.tools/bin/helm lint --strict charts/interconnect-operator
	.tools/bin/helm template ic charts/interconnect-operator --kube-version 1.36.3 > /dev/null
	.tools/bin/helm template ic charts/interconnect-operator --kube-version 1.36.3 \
	  --set 'watchNamespaces={circuits}' --set 'allowEndpoints={http://127.0.0.1:8480}' > /dev/null

# Bans, licences and sources of all crates, for all platforms, by deny.toml. It takes the network only for crates that
# no build has fetched yet; what is known against crates is asked by .github/workflows/advisories.yaml.
deny:
	@tools/deny.sh
	cargo fetch --quiet --locked
	.tools/bin/cargo-deny --offline --locked check bans licenses sources
