# unit tests, scenarios, fuzzers, benches
include tests/fixtures/local.mk
include tests/unit/local.mk
