# SPDX-License-Identifier: MIT
# Programs for Quest sandboxes: static ELF files of the Linux ABI, by musl. build/programs/NAME from user/apps/NAME.c and
# tests/program/NAME.c; libquest is build/programs/libquest.a.
MUSL_CC     ?= musl-gcc
# musl's FD_SET converts signs; the tests dereference bad addresses on purpose.
USER_CFLAGS := $(STD) $(filter-out -Wmissing-prototypes,$(WARN)) -Wno-sign-conversion -Wno-array-bounds -O2 -D_GNU_SOURCE -static
USER_INC    := -Iuser/libquest/include -Iabi/include -Ilib/include

PROGRAMS := $(patsubst %.c,%,$(notdir $(wildcard user/apps/*.c tests/program/*.c)))
$(B)/programs/libquest.a: $(wildcard user/libquest/*.c user/libquest/include/*.h abi/include/abi/quest.h)
	@mkdir -p $(@D)
	$(Q)for f in $(filter %.c,$^); do \
		$(MUSL_CC) $(USER_CFLAGS) $(USER_INC) -c $$f -o $(@D)/libquest-$$(basename $$f .c).o || exit 1; done
	@rm -f $@
	$(Q)ar rcs $@ $(@D)/libquest-*.o

define program_rule # source folder
$(B)/programs/%: $(1)/%.c $(B)/programs/libquest.a $(wildcard $(1)/*.h)
	@mkdir -p $$(@D)
	$(Q)$(MUSL_CC) $(USER_CFLAGS) $(USER_INC) $$< $(B)/programs/libquest.a -o $$@
endef
$(foreach d,user/apps tests/program,$(eval $(call program_rule,$(d))))

# The same by glibc, which finds the kernel's clock code in a way of its own.
$(B)/programs/clocksglibc: tests/program/clocks.c tests/program/show.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) $(USER_INC) $< -o $@
programs: $(B)/programs/clocksglibc

.PHONY: programs
programs: $(patsubst %,$(B)/programs/%,$(PROGRAMS))
images: programs

# Lua as Debian has it, when set-up has fetched it for the tests (mk/setup-lua). LUA_USE_POSIX: pipes, temporary files,
# signals; no loading of C modules, since the program is static.
LUA := $(B)/tools/lua/src
ifneq ($(wildcard $(LUA)/lua.c),)
$(B)/programs/lua: $(wildcard $(LUA)/*.[ch])
	@mkdir -p $(@D) $(B)/programs/lua.include
	$(Q)echo '#define DEB_HOST_MULTIARCH "x86_64-linux-gnu"' >$(B)/programs/lua.include/lua5.4-deb-multiarch.h
	$(Q)$(MUSL_CC) -std=gnu99 -O2 -DLUA_USE_POSIX -DLUA_COMPAT_5_3 -I$(B)/programs/lua.include -static \
		$(filter-out %/luac.c,$(filter %.c,$^)) -lm -o $@
programs: $(B)/programs/lua
endif
