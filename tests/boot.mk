# SPDX-License-Identifier: MIT
# The blob maker of tests/boot.
$(B)/tests/mkblob: tests/boot/mkblob.c $(B)/host/lib.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(INC_lib) -MMD -MP $< $(B)/host/lib.a -o $@
# Made before any test runs: two tests that start together must not both make it.
units: $(B)/tests/mkblob $(B)/tests/fixture
