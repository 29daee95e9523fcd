# The targets that are scripts. They install what is missing, and run make again to build.

##@ Run
.PHONY: demo
demo: ## see it work: build, start, post a batch, show the verdicts, drain
	@scripts/demo

##@ Test
.PHONY: test
test: ## every test there is (scripts/test SUITE... runs some)
	@scripts/test

.PHONY: lint
lint: ## clang-tidy, cppcheck and gcc's analyzer, without findings
	@scripts/lint
