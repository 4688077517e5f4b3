# SPDX-License-Identifier: MIT
# build/quest-trace: the host side of `./quest trace`. Captures and statistics are shared with build/quest-run.
TRACE_O := $(patsubst %.c,$(B)/host/%.o,$(filter-out %_test.c,$(wildcard tools/trace/*.c)))
$(B)/quest-trace: $(TRACE_O)
	$(CC) $(HOST_CFLAGS) $^ -o $@
host-tools: $(B)/quest-trace
-include $(wildcard $(B)/host/tools/trace/*.d $(B)/san/tools/trace/*.d)

# Names of system calls, as the C library's headers of this machine have them.
$(B)/gen/trace-calls.inc:
	@mkdir -p $(@D)
	$(Q)echo '#include <asm/unistd_64.h>' | $(CC) -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/[\2] = "\1",/p' \
		| sort >$@
$(B)/host/tools/trace/names.o $(B)/san/tools/trace/names.o: $(B)/gen/trace-calls.inc
$(B)/host/tools/trace/names.o $(B)/san/tools/trace/names.o: INC_tools += -I$(B)/gen

$(B)/units/tools-trace-%: tools/trace/%_test.c $(patsubst %.c,$(B)/san/%.o,$(filter-out %_test.c %/main.c,$(wildcard tools/trace/*.c)))
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(SAN) $(INC_tools) -Itools -MMD -MP $^ -lcmocka -o $@
units: $(patsubst tools/trace/%_test.c,$(B)/units/tools-trace-%,$(wildcard tools/trace/*_test.c))
