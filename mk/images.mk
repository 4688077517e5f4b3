# SPDX-License-Identifier: MIT
# The target images: which rooms are linked into each, with which linker script. lib and hw are archives.
IMAGES := boot boot-efi monitor-svm monitor-vmx quest quest-uniprocessor
boot_ROOMS        := boot
boot_SCRIPT       := boot/boot.ld
# The same for UEFI: its header asks the boot loader for a frame buffer.
boot-efi_ROOMS    := boot
boot-efi_SCRIPT   := boot/boot.ld
boot-efi_LDFLAGS  := -Wl,--defsym=boot_screen_tag=5

monitor-svm_ROOMS := monitor/common monitor/svm
monitor-svm_SCRIPT := monitor/common/monitor.ld
monitor-vmx_ROOMS := monitor/common monitor/vmx
monitor-vmx_SCRIPT := monitor/common/monitor.ld
quest_ROOMS       := kernel/base kernel/mm kernel/sched kernel/dev kernel/fs kernel/proc kernel/syscall \
	kernel/start kernel/main
quest_SCRIPT      := kernel/start/quest.ld
# The same for one core: smaller, and slower.
quest-uniprocessor_ROOMS := $(quest_ROOMS)
quest-uniprocessor_SCRIPT := $(quest_SCRIPT)
quest-uniprocessor_LDFLAGS := $(TINY_LDFLAGS)

# Tests inside the kernel: tests/kernel/NAME with the rooms it tests and a main of its own make build/test-NAME.elf.
KERNEL_TESTS := mm sched fs waits keys devices examples posix crash
test-mm_ROOMS := kernel/base kernel/mm kernel/dev kernel/start tests/kernel/common tests/kernel/mm
test-fs_ROOMS := kernel/base kernel/mm kernel/dev kernel/start kernel/fs tests/kernel/common tests/kernel/fs
test-keys_ROOMS := kernel/base kernel/mm kernel/sched kernel/dev kernel/start kernel/fs tests/kernel/threads tests/kernel/keys
test-devices_ROOMS := kernel/base kernel/mm kernel/sched kernel/dev kernel/start tests/kernel/threads tests/kernel/devices
test-waits_ROOMS := kernel/base kernel/mm kernel/sched kernel/dev kernel/start kernel/fs tests/kernel/threads tests/kernel/waits
test-sched_ROOMS := kernel/base kernel/mm kernel/sched kernel/dev kernel/start tests/kernel/threads tests/kernel/sched
test-crash_ROOMS := kernel/base kernel/mm kernel/sched kernel/dev kernel/start tests/kernel/threads tests/kernel/crash
test-examples_ROOMS := kernel/base kernel/mm kernel/sched kernel/dev kernel/start tests/kernel/threads tests/kernel/schedules \
	tests/kernel/examples
# The same example with the rules of POSIX in place of lib/ss.c, which is then not linked.
test-posix_ROOMS := kernel/base kernel/mm kernel/sched kernel/dev kernel/start tests/kernel/threads tests/kernel/schedules \
	tests/kernel/posix
$(foreach t,$(KERNEL_TESTS),$(eval test-$(t)_SCRIPT := kernel/start/quest.ld))
IMAGES += $(KERNEL_TESTS:%=test-%)
