/* SPDX-License-Identifier: MIT */
/* MOV decoder: known encodings (as the GNU assembler gives them), refusals, every cut-off. */
#include <lib/mov.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static const struct {
	uint8_t code[15];
	struct qv_mov want;
} good[] = {
	{ { 0x89, 0x02 }, { .length = 2, .size = 4, .store = true } },                        /* mov %eax,(%rdx) */
	{ { 0x8b, 0x02 }, { .length = 2, .size = 4 } },                                       /* mov (%rdx),%eax */
	{ { 0x48, 0x89, 0x1a }, { .length = 3, .size = 8, .store = true, .reg = 3 } },        /* mov %rbx,(%rdx) */
	{ { 0x4c, 0x8b, 0x7b, 0x08 }, { .length = 4, .size = 8, .reg = 15 } },                /* mov 8(%rbx),%r15 */
	{ { 0x41, 0x89, 0x0f }, { .length = 3, .size = 4, .store = true, .reg = 1 } },        /* mov %ecx,(%r15) */
	{ { 0x89, 0xb2, 0, 1, 0, 0 }, { .length = 6, .size = 4, .store = true, .reg = 6 } },  /* mov %esi,256(%rdx) */
	{ { 0x8b, 0x3d, 1, 2, 3, 4 }, { .length = 6, .size = 4, .reg = 7 } },                 /* mov x(%rip),%edi */
	{ { 0x8b, 0x04, 0x24 }, { .length = 3, .size = 4 } },                                 /* mov (%rsp),%eax */
	{ { 0x8b, 0x04, 0x25, 0, 0, 0, 1 }, { .length = 7, .size = 4 } },                     /* mov 0x1000000,%eax */
	{ { 0x42, 0x89, 0x44, 0xb8, 0x10 }, { .length = 5, .size = 4, .store = true } },      /* mov %eax,16(%rax,%r15,4) */
	{ { 0xc7, 0x02, 1, 0, 0, 0 }, { .length = 6, .size = 4, .store = true, .immediate = true, .value = 1 } },
	{ { 0x48, 0xc7, 0x42, 0x08, 0xfe, 0xff, 0xff, 0xff },
	  { .length = 8, .size = 8, .store = true, .immediate = true, .value = (uint64_t)-2 } }, /* movq $-2,8(%rdx) */
	{ { 0xa1, 1, 2, 3, 4, 5, 6, 7, 8 }, { .length = 9, .size = 4 } },                     /* movabs 0x...,%eax */
	{ { 0x48, 0xa3, 1, 2, 3, 4, 5, 6, 7, 8 }, { .length = 10, .size = 8, .store = true } },
};

static const uint8_t bad[][15] = {
	{ 0x89, 0xc3 },             /* register to register */
	{ 0x66, 0x89, 0x02 },       /* 16 bit */
	{ 0x88, 0x02 },             /* 8 bit */
	{ 0xf0, 0x89, 0x02 },       /* LOCK */
	{ 0x65, 0x8b, 0x02 },       /* segment override */
	{ 0x67, 0x8b, 0x02 },       /* address size */
	{ 0x48, 0x48, 0x89, 0x02 }, /* REX twice */
	{ 0xc7, 0x0a, 1, 0, 0, 0 }, /* C7 /1 */
	{ 0x0f, 0xb6, 0x02 },       /* MOVZX */
	{ 0x01, 0x02 },             /* ADD */
	{ 0xa5 },                   /* MOVS */
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct qv_mov mov;

		memset(&mov, 0xff, sizeof(mov));
		assert_true(qv_mov_decode(good[i].code, sizeof(good[i].code), &mov));
		assert_int_equal(mov.length, good[i].want.length);
		assert_int_equal(mov.size, good[i].want.size);
		assert_int_equal(mov.store, good[i].want.store);
		assert_int_equal(mov.immediate, good[i].want.immediate);
		assert_int_equal(mov.reg, good[i].want.reg);
		assert_int_equal(mov.value, good[i].want.value);
	}
}

static void test_cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct qv_mov mov;

		for (size_t n = 0; n < good[i].want.length; n++)
			assert_false(qv_mov_decode(good[i].code, n, &mov));
		assert_true(qv_mov_decode(good[i].code, good[i].want.length, &mov));
	}
}

static void test_refused(void **state)
{
	struct qv_mov mov;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(qv_mov_decode(bad[i], sizeof(bad[i]), &mov));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known), cmocka_unit_test(test_cut_off), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
