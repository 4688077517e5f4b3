# SPDX-License-Identifier: MIT
# The build. Users call ./quest; `make` alone builds every image and checks the house rules.
.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
B := build
# Quiet unless V=1.
Q := $(if $(V),,@)

include mk/flags.mk
include mk/images.mk

.PHONY: all images units check-house clean
all: images host-tools check-house

# -I and sources of each room come from mk/rooms.txt.
$(B)/rooms.mk: mk/rooms.txt mk/rooms-to-make
	@mkdir -p $(B)
	mk/rooms-to-make < mk/rooms.txt > $@
include $(B)/rooms.mk

include mk/target.mk
include mk/host.mk
include mk/house.mk
include kernel/vdso/vdso.mk
-include $(wildcard tools/*.mk tests/*.mk linux/*.mk proofs/*.mk user/*.mk)

clean:
	rm -rf $(B)
