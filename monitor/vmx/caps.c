/* SPDX-License-Identifier: MIT */
/* Which controls this processor offers (SDM 3, appendix A) and which ones a monitor runs with. */
#include "vmx.h"

#define MSR_BASIC      0x480u
#define MSR_SECONDARY  0x48bu
#define MSR_EPT_VPID   0x48cu
#define MSR_TRUE_PIN   0x48du
#define MSR_TRUE_CPU   0x48eu
#define MSR_TRUE_EXIT  0x48fu
#define MSR_TRUE_ENTRY 0x490u
#define BASIC_TRUE_CONTROLS (1ull << 55)
#define EPT_WALK_4      (1ull << 6)
#define EPT_WRITE_BACK  (1ull << 14)
#define EPT_INVEPT_ALL  (1ull << 26 | 1ull << 20)
#define INVVPID_ALL     (1ull << 42 | 1ull << 32)

struct vmx_capabilities vmx_caps;

/* One row a control word: what must be on, what is on where it exists, and what to say when it does not. */
static const struct {
	uint32_t msr;
	uint32_t must, may;
	uint32_t *word;
	const char *lacking;
} rows[] = {
	{ MSR_TRUE_PIN, VMX_PIN_NMI_EXITING | VMX_PIN_VIRTUAL_NMI, 0, &vmx_caps.pin,
	  "VT-x without NMI exiting or virtual NMIs" },
	{ MSR_TRUE_CPU, VMX_CPU_MWAIT | VMX_CPU_IO_BITMAPS | VMX_CPU_MSR_BITMAPS | VMX_CPU_MONITOR | VMX_CPU_SECONDARY, 0,
	  &vmx_caps.primary, "VT-x without I/O or MSR bitmaps or secondary controls" },
	{ MSR_SECONDARY, VMX_CPU2_EPT | VMX_CPU2_VPID | VMX_CPU2_WBINVD | VMX_CPU2_UNRESTRICTED,
	  VMX_CPU2_RDTSCP | VMX_CPU2_INVPCID | VMX_CPU2_ENCLS | VMX_CPU2_XSAVES, &vmx_caps.secondary,
	  "VT-x without EPT, VPID, WBINVD exiting or unrestricted guests" },
	{ MSR_TRUE_EXIT, VMX_EXIT_SAVE_DEBUG | VMX_EXIT_HOST_64 | VMX_EXIT_SAVE_PAT | VMX_EXIT_LOAD_PAT |
	  VMX_EXIT_SAVE_EFER | VMX_EXIT_LOAD_EFER, 0, &vmx_caps.exit, "VT-x exits that cannot switch PAT and EFER" },
	{ MSR_TRUE_ENTRY, VMX_ENTRY_LOAD_DEBUG | VMX_ENTRY_LOAD_PAT | VMX_ENTRY_LOAD_EFER, 0, &vmx_caps.entry,
	  "VT-x entries that cannot switch PAT and EFER" },
};

/* Low half of a capability MSR: bits that must be 1; high half: bits that may be 1. */
static bool choose(uint64_t allowed, uint32_t must, uint32_t may, uint32_t *word)
{
	uint32_t ones = (uint32_t)allowed, limit = (uint32_t)(allowed >> 32);

	*word = (ones | must | may) & limit;
	return (*word & must) == must;
}

const char *vmx_choose_controls(void)
{
	uint32_t unused;

	vmx_caps.basic = hw_rdmsr(MSR_BASIC);
	if (!(vmx_caps.basic & BASIC_TRUE_CONTROLS))
		return "VT-x without true controls: every CR3 access would exit";
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!choose(hw_rdmsr(rows[i].msr), rows[i].must, rows[i].may, rows[i].word))
			return rows[i].lacking;
	}
	if (!choose(hw_rdmsr(MSR_TRUE_PIN), VMX_PIN_PREEMPTION_TIMER, 0, &unused))
		return "VT-x without the preemption timer";
	vmx_caps.ept_vpid = hw_rdmsr(MSR_EPT_VPID);
	if (~vmx_caps.ept_vpid & (EPT_WALK_4 | EPT_WRITE_BACK | EPT_INVEPT_ALL | INVVPID_ALL))
		return "EPT without four-level write-back tables or INVEPT and INVVPID";
	return NULL;
}
