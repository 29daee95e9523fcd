# The edge towards the network (tests/security): TLS, browsers, proxies, and clients that attack.

##@ Test
.PHONY: security
security: $(BUILD)/primed ## TLS, browsers, proxies, and clients that attack
	tests/security/run --primed=$< $(ARGS)
