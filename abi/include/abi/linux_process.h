/* SPDX-License-Identifier: MIT */
/*
 * The Linux x86-64 interface of processes, threads, signals, memory and time (include/uapi of Linux; System V ABI).
 * Files, waiting and terminals are in abi/linux.h, and the signals that they raise.
 */
#ifndef ABI_LINUX_PROCESS_H
#define ABI_LINUX_PROCESS_H

#include <abi/linux.h>

enum lx_signal {
	LX_SIGILL = 4, LX_SIGTRAP = 5, LX_SIGABRT = 6, LX_SIGBUS = 7, LX_SIGFPE = 8, LX_SIGKILL = 9,
	LX_SIGUSR1 = 10, LX_SIGSEGV = 11, LX_SIGUSR2 = 12, LX_SIGALRM = 14, LX_SIGTERM = 15, LX_SIGCHLD = 17,
	LX_SIGSTOP = 19, LX_SIGURG = 23,
	LX_SIGVTALRM = 26, LX_SIGPROF = 27, LX_SIGSYS = 31, LX_SIGNALS = 64,
};

#define LX_SIG_DFL 0u
#define LX_SIG_IGN 1u

#define LX_SA_NOCLDSTOP 0x00000001u
#define LX_SA_NOCLDWAIT 0x00000002u
#define LX_SA_SIGINFO   0x00000004u
#define LX_SA_RESTORER  0x04000000u
#define LX_SA_ONSTACK   0x08000000u
#define LX_SA_RESTART   0x10000000u
#define LX_SA_NODEFER   0x40000000u
#define LX_SA_RESETHAND 0x80000000u

struct lx_sigaction { /* as rt_sigaction takes it */
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

#define LX_SIG_BLOCK   0u
#define LX_SIG_UNBLOCK 1u
#define LX_SIG_SETMASK 2u

#define LX_SI_USER   0
#define LX_SI_KERNEL 0x80
#define LX_SI_TIMER  (-2)
#define LX_SI_TKILL  (-6)
#define LX_SEGV_MAPERR 1
#define LX_SEGV_ACCERR 2
#define LX_BUS_ADRERR  2
#define LX_CLD_EXITED  1
#define LX_CLD_KILLED  2
#define LX_CLD_STOPPED 5
#define LX_CLD_CONTINUED 6

struct lx_siginfo {
	int32_t signal, error, code, pad;
	union {
		struct {
			int32_t pid, uid;
			int32_t status;
		} sender; /* kill, SIGCHLD */
		uint64_t address; /* faults */
		uint64_t space[14];
	};
};
_Static_assert(sizeof(struct lx_siginfo) == 128, "siginfo_t");

#define LX_SS_ONSTACK 1u
#define LX_SS_DISABLE 2u
struct lx_stack {
	uint64_t base;
	uint32_t flags;
	uint32_t pad;
	uint64_t bytes;
};

struct lx_sigcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, vector, old_mask, cr2;
	uint64_t fpstate; /* user address of the XSAVE area */
	uint64_t reserved[8];
};
struct lx_ucontext {
	uint64_t flags;
	uint64_t link;
	struct lx_stack stack;
	struct lx_sigcontext context;
	uint64_t mask;
};
#define LX_UC_FP_XSTATE 1u
struct lx_sigframe { /* on the user stack, at its handler's first instruction */
	uint64_t restorer;
	struct lx_ucontext ucontext;
	struct lx_siginfo info;
};
_Static_assert(sizeof(struct lx_sigcontext) == 256 && sizeof(struct lx_ucontext) == 304, "ucontext_t");
_Static_assert(sizeof(struct lx_sigframe) == 440, "rt_sigframe");

struct lx_fpx_software { /* bytes 464..511 of the saved FXSAVE area: how far the state reaches */
	uint32_t magic1; /* LX_FP_MAGIC1 */
	uint32_t extended_bytes; /* with the 4 bytes of magic2 at the end */
	uint64_t features;
	uint32_t bytes;
	uint32_t pad[7];
};
#define LX_FPX_SOFTWARE_AT 464u
#define LX_FP_MAGIC1 0x46505853u
#define LX_FP_MAGIC2 0x46505845u

#define LX_CLONE_SIGNAL_MASK   0x000000ffu
#define LX_CLONE_VM            0x00000100u
#define LX_CLONE_FS            0x00000200u
#define LX_CLONE_FILES         0x00000400u
#define LX_CLONE_SIGHAND       0x00000800u
#define LX_CLONE_VFORK         0x00004000u
#define LX_CLONE_PARENT        0x00008000u
#define LX_CLONE_THREAD        0x00010000u
#define LX_CLONE_SYSVSEM       0x00040000u
#define LX_CLONE_SETTLS        0x00080000u
#define LX_CLONE_PARENT_SETTID 0x00100000u
#define LX_CLONE_CHILD_CLEARTID 0x00200000u
#define LX_CLONE_DETACHED      0x00400000u
#define LX_CLONE_CHILD_SETTID  0x01000000u

#define LX_WNOHANG    1u
#define LX_WUNTRACED  2u
#define LX_WEXITED    4u
#define LX_WCONTINUED 8u
#define LX_WNOWAIT    0x01000000u

#define LX_PROT_READ  1u
#define LX_PROT_WRITE 2u
#define LX_PROT_EXEC  4u
#define LX_MAP_SHARED    0x01u
#define LX_MAP_PRIVATE   0x02u
#define LX_MAP_TYPE      0x0fu
#define LX_MAP_FIXED     0x10u
#define LX_MAP_ANONYMOUS 0x20u
#define LX_MAP_GROWSDOWN 0x100u
#define LX_MAP_LOCKED    0x2000u
#define LX_MAP_POPULATE  0x8000u
#define LX_MAP_STACK     0x20000u
#define LX_MAP_FIXED_NOREPLACE 0x100000u
#define LX_MREMAP_MAYMOVE 1u
#define LX_MREMAP_FIXED   2u
#define LX_MADV_DONTNEED  4
#define LX_MADV_FREE      8
#define LX_MADV_HUGEPAGE 14
#define LX_MADV_NOHUGEPAGE 15

#define LX_FUTEX_WAIT        0u
#define LX_FUTEX_WAKE        1u
#define LX_FUTEX_REQUEUE     3u
#define LX_FUTEX_CMP_REQUEUE 4u
#define LX_FUTEX_WAKE_OP     5u
#define LX_FUTEX_LOCK_PI     6u
#define LX_FUTEX_UNLOCK_PI   7u
#define LX_FUTEX_TRYLOCK_PI  8u
#define LX_FUTEX_WAIT_BITSET 9u
#define LX_FUTEX_WAKE_BITSET 10u
#define LX_FUTEX_WAIT_REQUEUE_PI 11u
#define LX_FUTEX_CMP_REQUEUE_PI  12u
#define LX_FUTEX_LOCK_PI2    13u
#define LX_FUTEX_COMMAND     0x7fu
#define LX_FUTEX_PRIVATE     0x80u
#define LX_FUTEX_REALTIME    0x100u
#define LX_FUTEX_WAITERS     0x80000000u
#define LX_FUTEX_OWNER_DIED  0x40000000u
#define LX_FUTEX_TID_MASK    0x3fffffffu

#define LX_CLOCK_REALTIME           0
#define LX_CLOCK_MONOTONIC          1
#define LX_CLOCK_PROCESS_CPUTIME_ID 2
#define LX_CLOCK_THREAD_CPUTIME_ID  3
#define LX_CLOCK_MONOTONIC_RAW      4
#define LX_CLOCK_REALTIME_COARSE    5
#define LX_CLOCK_MONOTONIC_COARSE   6
#define LX_CLOCK_BOOTTIME           7
#define LX_TIMER_ABSTIME 1u

#define LX_ARCH_SET_GS 0x1001u
#define LX_ARCH_SET_FS 0x1002u
#define LX_ARCH_GET_FS 0x1003u
#define LX_ARCH_GET_GS 0x1004u

#endif
