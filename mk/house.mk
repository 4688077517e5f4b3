# SPDX-License-Identifier: MIT
# The house rules, checked as part of the build. docs/house.md says what each is for.
.PHONY: check-house
check-house: $(B)/house-style.ok
$(B)/house-style.ok: mk/check-style mk/rooms.txt Makefile \
		$(wildcard */*.[chS] */*/*.[chS] */*/*/*.[chS] */*/*/*/*.[chS] mk/* docs/* proofs/*/* systems/* systems/*/* tests/* tests/*/* tests/system/good/*)
	@mkdir -p $(@D)
	mk/check-style
	@touch $@

# What each monitor weighs, printed whenever it was linked again.
$(B)/%.size: $(B)/%.elf mk/footprint
	@mk/footprint $* | tee $@
images: $(B)/monitor-svm.size $(B)/monitor-vmx.size

check-house: $(B)/house-init.ok
$(B)/house-init.ok: mk/check-init $(B)/quest.elf $(B)/quest-uniprocessor.elf
	mk/check-init
	@touch $@

check-house: $(B)/house-rooms.ok
$(B)/house-rooms.ok: mk/check-rooms mk/rooms.txt mk/contracts.txt $(foreach i,$(IMAGES),$(B)/$(i).elf) $(B)/questc $(B)/quest-run $(B)/quest-trace
	mk/check-rooms
	@touch $@
