# SPDX-License-Identifier: MIT
# The instruction counter of the isolation tests.
$(B)/tests/insns.so: tests/plugin/insns.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -shared -fPIC -o $@ $<
host-tools: $(B)/tests/insns.so
