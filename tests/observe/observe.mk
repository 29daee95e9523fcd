# The metrics and what goes by them, with a real Prometheus.

##@ Test
.PHONY: observe
observe: $(BUILD)/primed ## metrics, alert rules, dashboard and their document, held to a running service
	tests/observe/run $<
