# SPDX-License-Identifier: MIT
# build/vdso.so: the shared object that the kernel maps into every process. kernel/proc/vdso_image.S takes it in.
VDSO_LDFLAGS := -shared -nostdlib -Wl,-soname,linux-vdso.so.1 -Wl,--hash-style=both -Wl,--build-id=none -Wl,-z,noexecstack \
	-Wl,-z,max-page-size=0x1000
$(B)/vdso.so: $(call objects,vdso,kernel/vdso) kernel/vdso/vdso.ld kernel/vdso/vdso.mk
	$(Q)$(CC) $(VDSO_LDFLAGS) -Wl,-T,kernel/vdso/vdso.ld -o $@ $(filter %.o,$^)
$(B)/kernel/kernel/proc/vdso_image.o $(B)/single/kernel/proc/vdso_image.o: $(B)/vdso.so
