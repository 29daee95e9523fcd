# The whole service as a person with curl meets it.

.PHONY: bench-service
bench-service: $(BUILD)/primed ## a million numbers in and verdicts out by curl, with each store (ROUNDS=n)
	$(call record,service) bench/service/service.sh $(BUILD)
