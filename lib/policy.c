/* SPDX-License-Identifier: MIT */
/*
 * The policy tables. What no row names is refused: MSRs give #GP, ports read all ones.
 *
 * FORBIDDEN marks writes that can only be an attempt to reach outside: they stop the sandbox. Writes that a stock
 * kernel tries after reading CPUID (which a sandbox sees natively on AMD-V) or on behalf of its processes (block
 * stepping) give #GP instead, which such kernels survive. Neither is ever carried out.
 */
#include <abi/blackbox.h>
#include <abi/call.h>
#include <lib/bitmap.h>
#include <lib/policy.h>

#define SVM (1u << QV_VENDOR_SVM)
#define VMX (1u << QV_VENDOR_VMX)

#define GP    QV_MSR_GP
#define PASS  QV_MSR_PASS
#define VALUE QV_MSR_VALUE
#define OWN   QV_MSR_SPECIAL
#define STOP  QV_MSR_FORBIDDEN

#define MTRRCAP_WC_ONLY   0x400u     /* write combining; no fixed and no variable ranges, or Linux turns PAT off */
#define MISC_FAST_STRINGS 0x1801u    /* fast strings on; BTS and PEBS unavailable */
#define HWCR_TSC_INVARIANT (1u << 24) /* TSC counts at the P0 rate */
#define VM_CR_SVM_LOCKED  0x18u      /* SVM disabled, and locked so */
#define BIAS_NORMAL       6u

/* Rows of one vendor never overlap. Columns: first, last, read, write, vendors (0 = both), value. */
static const struct qv_msr_rule rules[] = {
	{ 0x00000010, 0x00000010, PASS, STOP, 0, 0 },   /* TSC: one clock for the chip */
	{ 0x00000017, 0x00000017, VALUE, GP, VMX, 0 },  /* platform id */
	{ 0x0000001b, 0x0000001b, OWN, OWN, 0, 0 },     /* APIC base */
	{ 0x0000003b, 0x0000003b, PASS, STOP, 0, 0 },   /* TSC_ADJUST: Linux reads it once a second when idle */
	{ 0x00000048, 0x00000048, PASS, PASS, 0, 0 },   /* SPEC_CTRL */
	{ 0x00000049, 0x00000049, GP, PASS, 0, 0 },     /* PRED_CMD */
	{ 0x00000079, 0x00000079, GP, STOP, 0, 0 },     /* microcode update */
	{ 0x0000008b, 0x0000008b, VALUE, VALUE, 0, 0 }, /* microcode revision; Linux writes 0 before it reads */
	{ 0x000000e7, 0x000000e8, PASS, GP, 0, 0 },     /* MPERF, APERF: Linux reads them at every tick */
	{ 0x000000fe, 0x000000fe, VALUE, GP, 0, MTRRCAP_WC_ONLY },
	{ 0x0000010a, 0x0000010a, PASS, GP, VMX, 0 },   /* ARCH_CAPABILITIES */
	{ 0x00000174, 0x00000176, PASS, PASS, 0, 0 },   /* SYSENTER */
	{ 0x00000179, 0x0000017a, VALUE, VALUE, 0, 0 }, /* MCG_CAP, MCG_STATUS: no banks */
	{ 0x00000199, 0x0000019a, GP, STOP, 0, 0 },     /* PERF_CTL, clock modulation */
	{ 0x0000019b, 0x0000019c, VALUE, VALUE, VMX, 0 }, /* thermal interrupt and status of the core */
	{ 0x000001a0, 0x000001a0, VALUE, VALUE, VMX, MISC_FAST_STRINGS },
	{ 0x000001b0, 0x000001b0, VALUE, VALUE, VMX, BIAS_NORMAL }, /* energy bias: Linux writes it back */
	{ 0x000001b1, 0x000001b2, VALUE, VALUE, VMX, 0 }, /* thermal status and interrupt of the package */
	{ 0x000001d9, 0x000001d9, VALUE, GP, 0, 0 },    /* DEBUGCTL */
	{ 0x00000200, 0x0000020f, GP, STOP, 0, 0 },     /* variable MTRRs */
	{ 0x00000250, 0x0000026f, GP, STOP, 0, 0 },     /* fixed MTRRs */
	{ 0x00000277, 0x00000277, OWN, OWN, 0, 0 },     /* PAT */
	{ 0x000002ff, 0x000002ff, OWN, OWN, 0, 0 },     /* MTRR default type */
	{ 0x00000345, 0x00000345, VALUE, GP, VMX, 0 },  /* PERF_CAPABILITIES */
	{ 0x00000400, 0x0000047f, GP, STOP, 0, 0 },     /* machine-check banks: some belong to the package */
	{ 0x00000560, 0x00000572, GP, STOP, VMX, 0 },   /* processor trace writes to physical addresses */
	{ 0x00000610, 0x00000610, GP, STOP, VMX, 0 },   /* power limit of the package */
	{ 0x000006e0, 0x000006e0, PASS, PASS, 0, 0 },   /* TSC_DEADLINE */
	{ 0x00000802, 0x00000803, PASS, GP, 0, 0 },     /* APIC id, version */
	{ 0x00000808, 0x00000808, PASS, PASS, 0, 0 },   /* TPR */
	{ 0x0000080a, 0x0000080a, PASS, GP, 0, 0 },     /* PPR */
	{ 0x0000080b, 0x0000080b, GP, PASS, 0, 0 },     /* EOI */
	{ 0x0000080d, 0x0000080d, PASS, GP, 0, 0 },     /* LDR */
	{ 0x0000080f, 0x0000080f, PASS, OWN, 0, 0 },    /* SVR */
	{ 0x00000810, 0x00000827, PASS, GP, 0, 0 },     /* ISR, TMR, IRR */
	{ 0x00000828, 0x00000828, PASS, PASS, 0, 0 },   /* ESR */
	{ 0x0000082f, 0x0000082f, PASS, OWN, 0, 0 },    /* LVT CMCI: an LVT can raise NMI and SMI */
	{ 0x00000830, 0x00000830, VALUE, OWN, 0, 0 },   /* ICR */
	{ 0x00000832, 0x00000837, PASS, OWN, 0, 0 },    /* the other LVTs */
	{ 0x00000838, 0x00000838, PASS, PASS, 0, 0 },   /* initial count */
	{ 0x00000839, 0x00000839, OWN, GP, SVM, 0 },    /* current count: a plain RDMSR stops QEMU in -icount mode */
	{ 0x00000839, 0x00000839, PASS, GP, VMX, 0 },
	{ 0x0000083e, 0x0000083e, PASS, PASS, 0, 0 },   /* divide */
	{ 0x0000083f, 0x0000083f, GP, PASS, 0, 0 },     /* self-IPI */
	{ 0x00000da0, 0x00000da0, VALUE, VALUE, 0, 0 }, /* XSS stays 0: it reaches trace, user-interrupt and P-state MSRs */
	{ 0xc0000080, 0xc0000080, OWN, OWN, 0, 0 },     /* EFER: SVME is the monitor's */
	{ 0xc0000081, 0xc0000084, PASS, PASS, 0, 0 },   /* STAR, LSTAR, CSTAR, SFMASK */
	{ 0xc00000e7, 0xc00000e8, PASS, GP, SVM, 0 },   /* MPERF, APERF, read-only copies */
	{ 0xc0000100, 0xc0000103, PASS, PASS, 0, 0 },   /* FS, GS, kernel GS bases, TSC_AUX */
	{ 0xc0010010, 0xc0010010, VALUE, STOP, SVM, 0 }, /* SYSCFG: no memory encryption */
	{ 0xc0010015, 0xc0010015, VALUE, GP, SVM, HWCR_TSC_INVARIANT }, /* HWCR: Linux tries to set IRPerfEn */
	{ 0xc0010016, 0xc001001a, GP, STOP, SVM, 0 },   /* IORRs, TOP_MEM: where memory and I/O decode */
	{ 0xc001001d, 0xc001001d, GP, STOP, SVM, 0 },   /* TOM2 */
	{ 0xc0010020, 0xc0010020, GP, STOP, SVM, 0 },   /* microcode update */
	{ 0xc0010050, 0xc0010058, GP, STOP, SVM, 0 },   /* SMI on I/O, pending interrupts, MMIO configuration base */
	{ 0xc0010064, 0xc001006b, GP, STOP, SVM, 0 },   /* P-state definitions: voltages of the chip */
	{ 0xc0010111, 0xc0010113, GP, STOP, SVM, 0 },   /* SMM base, TSeg */
	{ 0xc0010114, 0xc0010114, VALUE, STOP, SVM, VM_CR_SVM_LOCKED },
	{ 0xc0010115, 0xc0010117, GP, STOP, SVM, 0 },   /* IGNNE, SMM_CTL, VM_HSAVE_PA */
	{ 0xc0010131, 0xc0010131, VALUE, GP, SVM, 0 },  /* SEV status: Linux reads it before it can take a #GP */
	{ 0xc0010140, 0xc0010141, PASS, GP, SVM, 0 },   /* OS-visible workarounds */
	{ 0xc0002000, 0xc0002fff, GP, STOP, SVM, 0 },   /* scalable machine-check banks */
};

static const struct qv_msr_rule default_rule = { 0, UINT32_MAX, GP, GP, 0, 0 };

static bool applies(const struct qv_msr_rule *rule, uint32_t vendor)
{
	return rule->vendors == 0 || (rule->vendors >> vendor) & 1u;
}

const struct qv_msr_rule *qv_msr_rule_at(size_t i)
{
	return i < sizeof(rules) / sizeof(rules[0]) ? &rules[i] : NULL;
}

const struct qv_msr_rule *qv_msr_rule(uint32_t msr, uint32_t vendor)
{
	const struct qv_msr_rule *rule;

	for (size_t i = 0; (rule = qv_msr_rule_at(i)) != NULL; i++) {
		if (rule->first <= msr && msr <= rule->last && applies(rule, vendor))
			return rule;
	}
	return &default_rule;
}

/* Rows that pass have a bit in the bitmap; were there one without, the access would exit and so stay refused. */
static void allow(uint8_t *map, uint32_t vendor, uint32_t msr, const struct qv_msr_rule *rule)
{
	bool read = rule->read == QV_MSR_PASS, write = rule->write == QV_MSR_PASS;

	if (vendor == QV_VENDOR_SVM)
		(void)qv_svm_msr_allow(map, msr, read, write);
	else
		(void)qv_vmx_msr_allow(map, msr, read, write);
}

void qv_policy_msrs(uint8_t *map, uint32_t vendor)
{
	const struct qv_msr_rule *rule;

	qv_bitmap_deny_all(map, vendor == QV_VENDOR_SVM ? QV_SVM_MSRPM_BYTES : QV_VMX_MSRBM_BYTES);
	for (size_t i = 0; (rule = qv_msr_rule_at(i)) != NULL; i++) {
		if (!applies(rule, vendor) || (rule->read != QV_MSR_PASS && rule->write != QV_MSR_PASS))
			continue;
		for (uint32_t msr = rule->first; msr <= rule->last; msr++)
			allow(map, vendor, msr, rule);
	}
}

/* Ports that are not simply absent, and those that act on the whole machine: none of them is ever given away. The first
 * row that holds a port decides. */
static const struct {
	uint16_t first, last;
	enum qv_port_action action;
} port_rules[] = {
	{ 0x00, 0x1f, QV_PORT_ONES }, /* DMA controllers, here and below: they write to any memory */
	{ 0x20, 0x21, QV_PORT_ONES }, /* interrupt controllers */
	{ 0x22, 0x3f, QV_PORT_ONES }, /* their aliases, and configuration of the super I/O chip: moves UARTs */
	{ 0x40, 0x43, QV_PORT_ZERO },
	{ 0x4e, 0x53, QV_PORT_ONES }, /* super I/O again, alias of the timer */
	{ 0x61, 0x63, QV_PORT_ONES }, /* NMI control, gate of the timer; embedded controller; alias */
	{ 0x64, 0x64, QV_PORT_FORBIDDEN }, /* keyboard controller: pulses the reset line */
	{ 0x65, 0x67, QV_PORT_ONES }, /* aliases of 0x61, embedded controller */
	{ 0x70, 0x71, QV_PORT_CMOS },
	{ 0x72, 0x77, QV_PORT_ONES }, /* second bank and aliases of the clock; 0x74 masks NMI too */
	{ 0x80, 0x91, QV_PORT_ONES },
	{ 0x92, 0x92, QV_PORT_FORBIDDEN }, /* fast reset and A20 */
	{ 0x93, 0x9f, QV_PORT_ONES }, /* alias of the DMA pages */
	{ 0xa0, 0xb1, QV_PORT_ONES }, /* second interrupt controller and its aliases */
	{ 0xb2, 0xb3, QV_PORT_FORBIDDEN }, /* SMI command and status */
	{ 0xb4, 0xbf, QV_PORT_ONES },
	{ 0xc0, 0xdf, QV_PORT_ONES },
	{ 0x4d0, 0x4d1, QV_PORT_ONES }, /* edge or level of the interrupt controllers */
	{ QV_PORT_SLEEP_CONTROL, QV_PORT_READY, QV_PORT_ACPI },
	{ 0xcf9, 0xcf9, QV_PORT_FORBIDDEN }, /* reset control; lies inside the configuration ports */
	{ 0xcf8, 0xcff, QV_PORT_PCI },
};
#define PORT_RULES (sizeof(port_rules) / sizeof(port_rules[0]))

enum qv_port_action qv_port_action(uint16_t port)
{
	for (size_t i = 0; i < PORT_RULES; i++) {
		if (port_rules[i].first <= port && port <= port_rules[i].last)
			return port_rules[i].action;
	}
	return QV_PORT_ONES;
}

static bool range_free(const struct qv_allowed_ports *range)
{
	if (range->first > range->last)
		return false;
	for (size_t i = 0; i < PORT_RULES; i++) {
		if (range->first <= port_rules[i].last && port_rules[i].first <= range->last)
			return false;
	}
	return true;
}

bool qv_port_kept(uint16_t port)
{
	return !range_free(&(struct qv_allowed_ports){ port, port });
}

bool qv_policy_ports(uint8_t *map, size_t bytes, const struct qv_allowed_ports *allowed, size_t n)
{
	qv_bitmap_deny_all(map, bytes);
	for (size_t i = 0; i < n; i++) {
		if (!range_free(&allowed[i]))
			return false;
	}
	for (size_t i = 0; i < n; i++)
		qv_io_allow(map, bytes, allowed[i].first, allowed[i].last);
	return true;
}
