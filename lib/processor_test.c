/* SPDX-License-Identifier: MIT */
#include <lib/processor.h>

#include <abi/blackbox.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct qv_processor amd(void)
{
	return (struct qv_processor){
		.leaf1_ecx = QV_LEAF1_ECX_X2APIC, .ext1_ecx = QV_EXT1_ECX_SVM,
		.ext1_edx = QV_EXT1_EDX_NX, .ext7_edx = QV_EXT7_EDX_INVARIANT, .svm_edx = QV_SVM_EDX_NPT,
	};
}

static struct qv_processor intel(void)
{
	return (struct qv_processor){
		.leaf1_ecx = QV_LEAF1_ECX_X2APIC | QV_LEAF1_ECX_VMX, .ext1_edx = QV_EXT1_EDX_NX,
		.ext7_edx = QV_EXT7_EDX_INVARIANT, .feature_control = QV_FEATURE_LOCK | QV_FEATURE_VMX,
		.vmx_procbased = QV_VMX_SECONDARY,
		.vmx_procbased2 = QV_VMX2_EPT | QV_VMX2_VPID | QV_VMX2_UNRESTRICTED,
	};
}

/* The refusal must name `cause`, and give a remedy that says `help`. */
static void refused(const struct qv_processor *p, bool bare, const char *cause, const char *help)
{
	const char *remedy = NULL, *lacks;
	uint32_t vendor;

	lacks = qv_processor_lacks(p, bare, &vendor, &remedy);
	assert_non_null(lacks);
	assert_non_null(strstr(lacks, cause));
	assert_non_null(strstr(remedy, help));
}

static void accepted(const struct qv_processor *p, bool bare, uint32_t expected)
{
	const char *remedy;
	uint32_t vendor;

	assert_null(qv_processor_lacks(p, bare, &vendor, &remedy));
	assert_int_equal(vendor, expected);
}

static void good_ones(void **state)
{
	struct qv_processor a = amd(), i = intel();

	(void)state;
	accepted(&a, false, QV_VENDOR_SVM);
	accepted(&i, false, QV_VENDOR_VMX);
	accepted(&i, true, QV_VENDOR_NONE);
}

static void basics(void **state)
{
	struct qv_processor p = amd();

	(void)state;
	p.ext1_edx = 0;
	refused(&p, true, "NX", "firmware");
	p = amd();
	p.leaf1_ecx = 0;
	refused(&p, true, "x2APIC", "firmware");
	p = amd();
	p.ext7_edx = 0;
	refused(&p, true, "invariant TSC", "firmware");
	p.tcg = true;
	accepted(&p, false, QV_VENDOR_SVM);
}

static void no_virtualisation(void **state)
{
	struct qv_processor p = amd();

	(void)state;
	p.ext1_ecx = 0;
	refused(&p, false, "no AMD-V and no VT-x", "bare");
	accepted(&p, true, QV_VENDOR_NONE);
}

static void svm(void **state)
{
	struct qv_processor p = amd();

	(void)state;
	p.vm_cr = QV_VM_CR_SVMDIS;
	refused(&p, false, "AMD-V is locked by firmware", "turn SVM");
	p = amd();
	p.svm_edx = 0;
	refused(&p, false, "no nested paging", "RVI");
}

static void vmx(void **state)
{
	struct qv_processor p = intel();

	(void)state;
	p.feature_control = QV_FEATURE_LOCK;
	refused(&p, false, "VT-x is locked by firmware", "turn virtualisation");
	p.feature_control = 0; /* open: boot code sets and locks it */
	accepted(&p, false, QV_VENDOR_VMX);
	p = intel();
	p.vmx_procbased = 0;
	refused(&p, false, "no nested paging", "EPT");
	p = intel();
	p.vmx_procbased2 &= ~QV_VMX2_EPT;
	refused(&p, false, "no nested paging", "EPT");
	p = intel();
	p.vmx_procbased2 &= ~QV_VMX2_UNRESTRICTED;
	refused(&p, false, "unrestricted guest", "unrestricted guest");
	p = intel();
	p.vmx_procbased2 &= ~QV_VMX2_VPID;
	refused(&p, false, "VPID", "VPID");
}

static void orders_cores(void **state)
{
	uint32_t threads[] = { 2, 0, 1, 3, 6, 5, 4, 7 };
	const uint32_t by_two[] = { 2, 0, 6, 5, 1, 3, 4, 7 }, plain[] = { 2, 0, 6, 5, 1, 3, 4, 7 };
	uint32_t one = 9;

	(void)state;
	assert_int_equal(qv_order_cores(threads, 8, 1), 4);
	assert_memory_equal(threads, by_two, sizeof(by_two));
	assert_int_equal(qv_order_cores(threads, 8, 0), 8);
	assert_memory_equal(threads, plain, sizeof(plain));
	assert_int_equal(qv_order_cores(threads, 8, 3), 1);
	assert_int_equal(qv_order_cores(&one, 1, 2), 1);
	assert_int_equal(qv_order_cores(&one, 0, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones), cmocka_unit_test(basics), cmocka_unit_test(no_virtualisation),
		cmocka_unit_test(svm), cmocka_unit_test(vmx), cmocka_unit_test(orders_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
