//! Placeholder until the round-trip, mutation and fuzz tests.
