# SPDX-License-Identifier: MIT
# The house rules, checked as part of the build. docs/house.md says what each is for.
.PHONY: check-house
check-house: $(B)/house-style.ok
$(B)/house-style.ok: mk/check-style mk/rooms.txt Makefile $(wildcard */*.[chS] */*/*.[chS] */*/*/*.[chS] */*/*/*/*.[chS] mk/* tests/*)
	@mkdir -p $(@D)
	mk/check-style
	@touch $@
