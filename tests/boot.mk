# SPDX-License-Identifier: MIT
# The blob maker of tests/boot.
$(B)/tests/mkblob: tests/boot/mkblob.c $(B)/host/lib.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(INC_lib) -MMD -MP $< $(B)/host/lib.a -o $@
.PHONY: boot-tests
boot-tests: $(B)/boot.elf $(B)/tests/mkblob
