# SPDX-License-Identifier: MIT
# kernel/fs on the host: its files with sanitizers, and stand-ins for the rooms below.
FS_UNITS := $(patsubst tests/fs/%_test.c,$(B)/units/tests-fs-%,$(wildcard tests/fs/*_test.c))
FS_INC   := $(INC_kernel/fs) -Itests/fs
FS_O     := $(patsubst %.c,$(B)/san/%.o,$(wildcard kernel/fs/*.c) tests/fs/stand_in.c)

$(B)/san/kernel/fs/%.o: kernel/fs/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(SAN) $(FS_INC) -MMD -MP -c $< -o $@
$(B)/san/tests/fs/%.o: tests/fs/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(SAN) $(FS_INC) -MMD -MP -c $< -o $@
$(FS_UNITS): $(B)/units/tests-fs-%: tests/fs/%_test.c $(FS_O) $(B)/san/lib.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(SAN) $(FS_INC) -MMD -MP $< $(FS_O) $(B)/san/lib.a -lcmocka -o $@
units: $(FS_UNITS)
-include $(wildcard $(B)/san/kernel/fs/*.d $(B)/san/tests/fs/*.d)
