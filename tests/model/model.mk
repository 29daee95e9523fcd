# The protocol of the shared memory, searched through by spin: see tests/model/protocol.pml.

##@ Test
.PHONY: model model-long
model: ## the protocol, model-checked: every interleaving, a death at every step (needs spin)
	@tests/model/run

model-long: ## the same with more of everything: minutes, and gigabytes of memory
	@tests/model/run long
