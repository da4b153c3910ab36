# What a person types. Everything else is behind these: the steps themselves are in .ci/ and tests/.
#
#   make demo     sets the machine up, builds, and serves a simulated sub-district (ctrl-c ends it; the data stays)
#   make app      builds and opens the installed app (Tauri window)
#   make test     everything that has to hold before a change is shared
#   make bench    the figures
#   make deep     the slow searches for what nobody thought of; writes RELIABILITY.md (some three hours)

DIR    ?= demo
LISTEN ?= 127.0.0.1:8080
# For instance DEMO="--address https://sanam.example.go.th"
DEMO   ?=

.PHONY: demo app test bench deep ui sanam

demo: ui sanam
	target/release/sanam demo --dir $(DIR) --listen $(LISTEN) --app ui/dist $(DEMO)

# The browser app. The build remembers what it made, so that nothing new takes seconds.
ui:
	@.ci/setup.sh web
	node ui/build.mjs

sanam:
	@echo "sanam: building (the first time takes some minutes)"
	cargo build --release -p cli

app: ui
	@.ci/setup.sh window
	cargo run --release -p sanam-app --features custom-protocol

test:
	@.ci/test.sh

# What one part cannot measure, or a promise that it misses, does not hide the others; the end tells of it.
bench: ui
	cargo build --release --locked -p cli -p tests --bins
	SANAM_TOOLS_BUILT=1 target/release/bench
	SANAM_FIGURES=1 cargo test --release -p forms --test conformance -- --nocapture
	@failed=0; tests/scan/measure.sh || failed=1; .ci/setup.sh browser && node tests/browser/bench.mjs || failed=1; \
	target/release/bench goals; exit $$failed

# Minutes of it can be had: SANAM_RUNS_R7=500 SANAM_RUNS_R12=0 make deep
deep:
	@.ci/setup.sh faults
	PROPTEST_CASES=20000 cargo test --release -p domain -p forms -p store -p scan
	SANAM_SEEDS=2000 cargo test --release --locked -p tests random
	cargo build --release --locked -p cli -p tests --bins
	cargo build --release --locked -p cli -p tests --features cli/planted,tests/planted --bin sanam-planted --bin planted
	@failed=0; SANAM_TOOLS_BUILT=1 target/release/deep run || failed=1; SANAM_TOOLS_BUILT=1 target/release/planted || failed=1; target/release/deep report; exit $$failed

# The installed app without opening it.
.PHONY: app-build
app-build: ui
	@.ci/setup.sh window
	cargo build --release -p sanam-app --features custom-protocol
