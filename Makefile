# `make demo` and `make test`: each does all its own set-up, on a machine with Rust and a C compiler.
# Go is needed only where the third-party programs can't be downloaded.

.PHONY: demo test bench fuzz tools crds format clippy drift chart

demo: tools
	cargo build --workspace --bins
	target/debug/demo $(ARGS)

test: tools format clippy drift chart
	# Most of the time is spent waiting: for settle times, for leases, for a provider that is away.
	RUST_TEST_THREADS=8 cargo test --workspace --no-fail-fast
	$(MAKE) demo ARGS=--once

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

tools:
	@tools/check.sh
	@tools/install.sh

# Writes the CRDs, here and in the chart, from src/api.
crds:
	cargo run --quiet -- crds --dir crds
	cargo run --quiet -- crds --dir charts/interconnect-operator/crd-files

format:
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets -- -D warnings

# Fails if the committed CRDs are not those of src/api.
drift:
	@for folder in crds charts/interconnect-operator/crd-files; do \
	  rm -rf target/crds && mkdir -p target/crds && \
	  cargo run --quiet -- crds --dir target/crds && \
	  diff -r target/crds $$folder || { echo "$$folder is not what src/api says: run make crds"; exit 1; }; \
	done

chart: tools
	.tools/bin/helm lint --strict charts/interconnect-operator
	.tools/bin/helm template ic charts/interconnect-operator --kube-version 1.36.3 > /dev/null
	.tools/bin/helm template ic charts/interconnect-operator --kube-version 1.36.3 \
	  --set 'watchNamespaces={circuits}' --set 'allowEndpoints={http://127.0.0.1:8480}' > /dev/null

# Bans, licences and sources of all crates, for all platforms, by deny.toml. It takes the network only for crates that
# no build has fetched yet; what is known against crates is asked by .github/workflows/advisories.yaml.
.PHONY: deny
deny:
	@tools/deny.sh
	cargo fetch --quiet --locked
	.tools/bin/cargo-deny --offline --locked check bans licenses sources
