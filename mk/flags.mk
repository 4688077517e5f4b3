# SPDX-License-Identifier: MIT
# Compiler flags. Target code: no SSE, no red zone, no host headers. Host code: sanitizers in unit tests.
CC       ?= gcc
WARN     := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Werror
STD      := -std=gnu11
FREE_INC := -nostdinc -isystem $(shell $(CC) -print-file-name=include)
TARGET_CFLAGS := $(STD) $(WARN) -O2 -g -ffreestanding -fno-pie -mno-red-zone -mgeneral-regs-only \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-ffunction-sections -fdata-sections $(FREE_INC)
TARGET_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=0x1000 -Wl,--gc-sections \
	-Wl,--no-warn-rwx-segments
# What may be small, and what must be fast, in place of TARGET_CFLAGS' -O2 (mk/target.mk).
SMALL_CFLAGS := -Os -mpreferred-stack-boundary=3
FAST_CFLAGS := -O2 -falign-functions=1 -falign-jumps=1 -falign-loops=1 -falign-labels=1 -mpreferred-stack-boundary=3
# As small as it gets, linked as a whole: quest-uniprocessor.
TINY_CFLAGS := -Oz -mpreferred-stack-boundary=3 -fomit-frame-pointer -flto
TINY_LDFLAGS := -Wl,--emit-relocs -Oz -flto -flto-partition=one -mcmodel=kernel -fno-pie -mno-red-zone -mgeneral-regs-only -ffreestanding
HOST_CFLAGS := $(STD) $(WARN) -O2 -g -D_GNU_SOURCE
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
