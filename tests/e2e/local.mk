# Scenarios: one promise a file, against a host that was installed.
E2E_SCENARIOS = \
	tests/e2e/alerts-kill.t \
	tests/e2e/alerts-private.t \
	tests/e2e/alerts-webhook-fails.t \
	tests/e2e/alerts-webhook.t \
	tests/e2e/api-descriptors.t \
	tests/e2e/api-errors.t tests/e2e/api-overloaded.t \
	tests/e2e/api-no-host.t \
	tests/e2e/ask-changelogs.t \
	tests/e2e/ask-copyright.t \
	tests/e2e/ask-host-killed.t \
	tests/e2e/ask-interrupted.t \
	tests/e2e/ask-joins.t \
	tests/e2e/ask-json.t \
	tests/e2e/ask-killed.t \
	tests/e2e/ask-licences.t \
	tests/e2e/ask-manuals.t \
	tests/e2e/ask-many-documents.t \
	tests/e2e/ask-no-sources.t \
	tests/e2e/ask-nothing-found.t \
	tests/e2e/ask-private.t \
	tests/e2e/ask-progress.t \
	tests/e2e/ask-rarest-word.t \
	tests/e2e/ask-replans.t \
	tests/e2e/ask-two-at-once.t \
	tests/e2e/ask-worker-fails.t \
	tests/e2e/brief-quotes-check.t \
	tests/e2e/cell-crash-is-poison.t \
	tests/e2e/cell-evicted-cancel.t \
	tests/e2e/cell-evicted-leak-drains.t \
	tests/e2e/cell-evicted-restart.t \
	tests/e2e/cell-evicts.t \
	tests/e2e/cell-forged-ready.t \
	tests/e2e/cell-global-write.t \
	tests/e2e/cell-kill-changes-nothing.t \
	tests/e2e/cell-kill-loses-no-slot.t \
	tests/e2e/cell-last-words.t \
	tests/e2e/cell-parks-many.t \
	tests/e2e/cell-refusals-told.t \
	tests/e2e/cell-sandbox.t \
	tests/e2e/cell-silent.t \
	tests/e2e/cell-stuck.t \
	tests/e2e/cli-completion.t \
	tests/e2e/cli-degraded.t \
	tests/e2e/cli-flood-is-followed.t \
	tests/e2e/cli-new-test-info.t \
	tests/e2e/cli-show-reads.t \
	tests/e2e/cli-test-memory.t \
	tests/e2e/cli-test-plugins.t \
	tests/e2e/cli-usage.t \
	tests/e2e/client-key-conflict.t \
	tests/e2e/client-key-once.t \
	tests/e2e/client-others.t \
	tests/e2e/client-wait-restart.t \
	tests/e2e/client-watch-resumes.t \
	tests/e2e/demo-tour.t \
	tests/e2e/dispatch-concurrency.t \
	tests/e2e/dispatch-cycle.t \
	tests/e2e/dispatch-depth-ring.t \
	tests/e2e/dispatch-depth.t \
	tests/e2e/dispatch-group-shares.t \
	tests/e2e/dispatch-permission.t \
	tests/e2e/dispatch-repetition.t \
	tests/e2e/dispatch-wall.t \
	tests/e2e/doctor-container.t \
	tests/e2e/doctor-fails-closed.t \
	tests/e2e/doctor-no-userns.t \
	tests/e2e/doctor-root.t \
	tests/e2e/doctor-user.t \
	tests/e2e/effects-kill.t \
	tests/e2e/effects-live.t \
	tests/e2e/guard-breaker-errors.t \
	tests/e2e/guard-breaker-fallback.t \
	tests/e2e/guard-breaker-http.t \
	tests/e2e/guard-breaker-latency.t \
	tests/e2e/guard-breaker-money.t \
	tests/e2e/guard-breaker-probe.t \
	tests/e2e/guard-budget-alerts.t \
	tests/e2e/guard-budget-calls.t \
	tests/e2e/guard-budget-cpu.t \
	tests/e2e/guard-budget-day.t \
	tests/e2e/guard-budget-money-share.t \
	tests/e2e/guard-budget-money.t \
	tests/e2e/guard-budget-restart.t \
	tests/e2e/guard-budget-returned.t \
	tests/e2e/guard-budget-share.t \
	tests/e2e/guard-deadline-over-while-down.t \
	tests/e2e/guard-fallback-causes.t \
	tests/e2e/guard-fallback-human.t \
	tests/e2e/guard-fallback-kill.t \
	tests/e2e/guard-fallback-kinds.t \
	tests/e2e/guard-fallback-loop.t \
	tests/e2e/guard-fallback-parts.t \
	tests/e2e/guard-fallback-policy.t \
	tests/e2e/guard-grounding-cached.t \
	tests/e2e/guard-grounding-cascade.t \
	tests/e2e/guard-grounding-cascade-kill.t \
	tests/e2e/guard-grounding-check-crashes.t \
	tests/e2e/guard-grounding-check-hangs.t \
	tests/e2e/guard-grounding-check-may-not-call.t \
	tests/e2e/guard-grounding-check-missing.t \
	tests/e2e/guard-grounding-critical.t \
	tests/e2e/guard-grounding-default.t \
	tests/e2e/guard-grounding-handoffs.t \
	tests/e2e/guard-grounding-invented-quote.t \
	tests/e2e/guard-grounding-kill-check.t \
	tests/e2e/guard-grounding-kill-host.t \
	tests/e2e/guard-grounding-ladder.t \
	tests/e2e/guard-grounding-misread.t \
	tests/e2e/guard-grounding-review.t \
	tests/e2e/guard-memory-moved.t \
	tests/e2e/guard-poll-host-killed.t \
	tests/e2e/guard-poll-many.t \
	tests/e2e/guard-poll-outcome.t \
	tests/e2e/guard-poll-tie-breaker.t \
	tests/e2e/guard-poll-voters.t \
	tests/e2e/guard-quality-agents.t \
	tests/e2e/guard-quality-checks.t \
	tests/e2e/guard-quality-erase.t \
	tests/e2e/guard-quality-kill.t \
	tests/e2e/guard-quality-people.t \
	tests/e2e/guard-review-agent.t \
	tests/e2e/guard-review-kill.t tests/e2e/guard-review-once.t \
	tests/e2e/guard-review-spend.t \
	tests/e2e/guard-routing-best-score.t \
	tests/e2e/guard-routing-cheapest.t \
	tests/e2e/guard-routing-least-loaded.t \
	tests/e2e/guard-routing-name.t \
	tests/e2e/guard-routing-weighted.t \
	tests/e2e/guard-together-kill.t \
	tests/e2e/host-bad-config.t \
	tests/e2e/host-disk-full.t \
	tests/e2e/host-drains.t \
	tests/e2e/host-drops-root.t \
	tests/e2e/host-folders-prepared.t \
	tests/e2e/host-idle-sleeps.t \
	tests/e2e/host-notifies.t \
	tests/e2e/host-reload.t \
	tests/e2e/host-state-in-use.t \
	tests/e2e/host-state-owner.t \
	tests/e2e/host-user.t \
	tests/e2e/host-without-spawner.t \
	tests/e2e/hostile-attacks.t \
	tests/e2e/hostile-canary.t \
	tests/e2e/hostile-doors.t \
	tests/e2e/hostile-files.t \
	tests/e2e/hostile-frames.t \
	tests/e2e/hostile-memory.t \
	tests/e2e/hostile-plugins.t \
	tests/e2e/hostile-rounds.t \
	tests/e2e/hostile-slow.t \
	tests/e2e/guard-concurrency-nested.t tests/e2e/guard-cycle-costs.t tests/e2e/guard-context-answers.t tests/e2e/guard-rate-fair.t tests/e2e/guard-rate-waits.t \
	tests/e2e/journal-erase.t \
	tests/e2e/journal-retention.t \
	tests/e2e/journal-sleeper-copied.t \
	tests/e2e/journal-torn-tail.t \
	tests/e2e/journal-verify.t \
	tests/e2e/memory-client-apart.t \
	tests/e2e/memory-kill-counts-once.t \
	tests/e2e/memory-limits.t \
	tests/e2e/memory-load-and-search.t \
	tests/e2e/memory-load-interrupted.t \
	tests/e2e/memory-load-kinds.t \
	tests/e2e/memory-lost-text-mended.t \
	tests/e2e/memory-needs-grant.t \
	tests/e2e/memory-own-space.t \
	tests/e2e/memory-sources.t \
	tests/e2e/memory-survives-kill.t \
	tests/e2e/parts-replay.t \
	tests/e2e/parts-stream.t \
	tests/e2e/policy-check.t \
	tests/e2e/registry-bad-files.t \
	tests/e2e/registry-conflict.t \
	tests/e2e/registry-drop-is-active.t \
	tests/e2e/registry-file-setting.t \
	tests/e2e/registry-folder-unsafe.t \
	tests/e2e/registry-half-file-waits.t \
	tests/e2e/registry-pin.t \
	tests/e2e/registry-rollback.t \
	tests/e2e/registry-settings-told.t \
	tests/e2e/registry-slow-load-alone.t \
	tests/e2e/registry-withdrawn.t \
	tests/e2e/resume-after-kill.t \
	tests/e2e/resume-budget.t \
	tests/e2e/resume-cancel.t \
	tests/e2e/resume-many.t \
	tests/e2e/resume-nondeterministic.t \
	tests/e2e/resume-sleeper.t \
	tests/e2e/run-bad-input.t \
	tests/e2e/run-cancel.t \
	tests/e2e/run-chaos.t \
	tests/e2e/run-deadlock.t \
	tests/e2e/run-memory-is-bounded.t \
	tests/e2e/run-survey.t \
	tests/e2e/run-waits-shown.t \
	tests/e2e/sdk-1.0-loads.t \
	tests/e2e/show-source.t \
	tests/e2e/soak-200-drops.t \
	tests/e2e/state-backup.t \
	tests/e2e/state-disk-fails.t \
	tests/e2e/state-disk-full.t \
	tests/e2e/state-fixtures.t \
	tests/e2e/state-format.t \
	tests/e2e/tool-http-intent.t \
	tests/e2e/tool-http-private.t \
	tests/e2e/tool-http-redirect.t
EXTRA_DIST += tests/e2e/lib.sh tests/e2e/hostile.sh tests/e2e/zebras.sh $(E2E_SCENARIOS)
E2E = $(E2E_SCENARIOS)

include tests/e2e/plugins/local.mk

# Each scenario says which plugins there are.  The folder stays, empty: where it is missing, those of an installed host are taken.
stage: all
	rm -rf '$(abs_builddir)/stage'
	$(MAKE) $(AM_MAKEFLAGS) install DESTDIR='$(abs_builddir)/stage' >/dev/null
	mv '$(abs_builddir)/stage$(pluginsdir)' '$(abs_builddir)/stage$(pluginsdir).all'
	mkdir '$(abs_builddir)/stage$(pluginsdir)'

e2e: stage
	$(MAKE) $(AM_MAKEFLAGS) $(check_DATA) tests/fixtures/webd$(EXEEXT) tests/fixtures/without$(EXEEXT) \
	    tests/chaos/check$(EXEEXT) tests/chaos/counting_server$(EXEEXT)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_PROGRAMS= TESTS='$(E2E)' TEST_SUITE_LOG=e2e-suite.log

clean-local:
	rm -rf '$(abs_builddir)/stage'

.PHONY: stage e2e
