# SPDX-License-Identifier: MIT
# build/quest-run: the host side of `./quest run` and `./quest stat`.
RUN_O := $(patsubst %,$(B)/host/tools/trace/%.o,capture stats names) $(patsubst %.c,$(B)/host/%.o,$(filter-out %_test.c,$(wildcard tools/run/*.c)))
$(B)/quest-run: $(RUN_O) $(B)/host/lib.a
	$(CC) $(HOST_CFLAGS) $^ -o $@
host-tools: $(B)/quest-run
-include $(wildcard $(B)/host/tools/run/*.d)

$(B)/units/tools-run-%: tools/run/%_test.c $(B)/san/tools/run/%.o
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(SAN) $(INC_tools) -Itools -MMD -MP $^ -lcmocka -o $@
$(B)/units/tools-run-lines: $(B)/san/tools/run/session.o
units: $(patsubst tools/run/%_test.c,$(B)/units/tools-run-%,$(wildcard tools/run/*_test.c))
