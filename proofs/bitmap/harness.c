/* SPDX-License-Identifier: MIT */
/* Intercept bitmaps with any contents: MSR ranges of QV_MSR_RANGE MSRs, port maps of PORT_BYTES bytes. */
#include "../stubs.h"

#include <lib/bitmap.h>

#ifndef PORT_BYTES
#define PORT_BYTES 16u
#endif
#ifndef PORTS
#define PORTS 16u /* most ports one call opens */
#endif

/* Allowing one MSR opens exactly that: any other access exits as before. */
void prove_svm_msr(void)
{
	static uint8_t map[QV_SVM_MSRPM_BYTES];
	uint32_t msr = nondet_u32(), other = nondet_u32(), byte = nondet_u32();
	bool read = nondet_bool(), write = nondet_bool(), other_write = nondet_bool();
	bool known, before;
	uint8_t old;

	__CPROVER_havoc_object(map);
	assume(byte < QV_SVM_MSRPM_BYTES);
	old = map[byte];
	before = qv_svm_msr_exits(map, other, other_write);
	known = qv_svm_msr_allow(map, msr, read, write);
	if (msr == other && known && (other_write ? write : read))
		prove(!qv_svm_msr_exits(map, other, other_write), "what was allowed does not exit");
	else
		prove(qv_svm_msr_exits(map, other, other_write) == before, "everything else exits as before");
	prove(known || map[byte] == old, "an MSR without a bit changes nothing");
	prove((map[byte] & ~old) == 0, "no bit is ever set");
	prove(known || qv_svm_msr_exits(map, msr, other_write), "an MSR without a bit always exits");
}

void prove_vmx_msr(void)
{
	static uint8_t map[QV_VMX_MSRBM_BYTES];
	uint32_t msr = nondet_u32(), other = nondet_u32(), byte = nondet_u32();
	bool read = nondet_bool(), write = nondet_bool(), other_write = nondet_bool();
	bool known, before;
	uint8_t old;

	__CPROVER_havoc_object(map);
	assume(byte < QV_VMX_MSRBM_BYTES);
	old = map[byte];
	before = qv_vmx_msr_exits(map, other, other_write);
	known = qv_vmx_msr_allow(map, msr, read, write);
	if (msr == other && known && (other_write ? write : read))
		prove(!qv_vmx_msr_exits(map, other, other_write), "what was allowed does not exit");
	else
		prove(qv_vmx_msr_exits(map, other, other_write) == before, "everything else exits as before");
	prove(known || map[byte] == old, "an MSR without a bit changes nothing");
	prove((map[byte] & ~old) == 0, "no bit is ever set");
	prove(known || qv_vmx_msr_exits(map, msr, other_write), "an MSR without a bit always exits");
}

/* Opening a range of ports opens exactly that range, and no byte outside the map is touched. */
void prove_ports(void)
{
	uint8_t map[PORT_BYTES];
	uint16_t first = nondet_u16(), last = nondet_u16(), port = nondet_u16();
	bool before;

	for (uint32_t i = 0; i < PORT_BYTES; i++)
		map[i] = nondet_u8();
	assume(first <= last && last - first < PORTS);
	before = qv_io_exits(map, PORT_BYTES, port);
	qv_io_allow(map, PORT_BYTES, first, last);
	if (first <= port && port <= last && port / 8 < PORT_BYTES)
		prove(!qv_io_exits(map, PORT_BYTES, port), "the range is open");
	else
		prove(qv_io_exits(map, PORT_BYTES, port) == before, "ports outside the range exit as before");
}

void prove_deny(void)
{
	uint8_t map[PORT_BYTES];

	qv_bitmap_deny_all(map, PORT_BYTES);
	prove(qv_io_exits(map, PORT_BYTES, nondet_u16()), "after deny-all every port exits");
}
