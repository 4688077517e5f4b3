/* SPDX-License-Identifier: MIT */
/* assert() for all worlds: each image supplies qv_assert_failed(); host programs get theirs from lib/host. */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

/* Called with the source place of a broken invariant. Must not return. */
_Noreturn void qv_assert_failed(const char *file, int line, const char *what);

#ifndef ASSERT_TEXT /* what a small image says instead: mk/target.mk */
#define ASSERT_TEXT(e) #e
#endif
#define assert(e) ((e) ? (void)0 : qv_assert_failed(__FILE__, __LINE__, ASSERT_TEXT(e)))

#endif
