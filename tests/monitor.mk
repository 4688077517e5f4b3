# SPDX-License-Identifier: MIT
# Host units of the monitors: a back end's translation of exits with the common exit table and record.
MONITOR_UNIT_C := monitor/common/exit.c monitor/common/record.c tests/monitor/fixture.c
MONITOR_UNIT_INC := $(sort $(INC_monitor/svm) $(INC_monitor/vmx)) -Imonitor/common/include -Itests/monitor
$(B)/units/tests-monitor-svm_exit: monitor/svm/exit.c
$(B)/units/tests-monitor-%: tests/monitor/%_test.c $(MONITOR_UNIT_C) $(B)/san/lib.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(SAN) $(MONITOR_UNIT_INC) -MMD -MP $(filter %.c %.a,$^) -lcmocka -o $@
units: $(patsubst tests/monitor/%_test.c,$(B)/units/tests-monitor-%,$(wildcard tests/monitor/*_test.c))
