# Fairness and the cost of failures, against a service that is really started; and what peers do in the same test.

.PHONY: bench-fairness bench-reliability
bench-fairness: $(BUILD)/primed ## small batches beside big ones, ETA, cancel, drain, deaths (SUBJECTS="eta ...", ROUNDS=n)
	$(call record,fairness) bench/reliability/fairness $< $(SUBJECTS)

bench-reliability: $(BUILD)/primed ## kill workers, then everything, beside beanstalkd, RQ and Celery
	scripts/install-deps bench-peers
	$(call record,reliability) bench/reliability/crash $< $(PEERS)
