/* SPDX-License-Identifier: MIT */
/*
 * Admission: does every Main VCPU of a core get its whole budget in every period, whatever the others do?
 *
 * Three tests, each sufficient, each accepting what the one before accepts (docs/scheduling.md has the arguments):
 *   bound       sum C/T + sum (2 - U) U <= n (2^(1/n) - 1), n Main VCPUs (Liu and Layland 1973; Danish et al., RTAS
 *   2011) hyperbolic  for every i: product over k < i of (1 + u_k / (1 - phi)), times 1 + (u_i + psi) / (1 - phi),
 *   at most 2, where
 *               u = C/T, phi = sum U, psi = sum U (1 - U) (Bini, Buttazzo and Buttazzo 2003, on a processor slowed
 *               by phi)
 *   response    R_i = C_i + s_i + B + g + sum over higher k (ceil(R_i / T_k) (C_k + s_k) + g)
 *                   + sum over I/O j (U_j R_i + U_j (1 - U_j) T_ij + g) + sum over interrupts ceil(R_i / p) h   <= T_i
 * The first two know nothing of overheads. The response times are the verdict: qv_admit() says what they say.
 *
 * Arithmetic is integer. Response times are exact in cycles, each I/O term rounded up to a cycle; with no I/O VCPU
 * and no overhead the test is also necessary. Utilisations are multiples of 2^-48, rounded against admission: what
 * is refused although the bound holds lies within (n + m) 2^-46 of it. No floating point, no allocation, no recursion.
 *
 * Cost for n Main VCPUs, m I/O VCPUs, q interrupts: bound and hyperbolic O(n + m). One response time O((n + m + q)
 * rounds), rounds <= QV_ADMIT_ROUNDS, a handful in practice; all of them n times that. A kernel that must not hold
 * its core that long calls qv_admit_response() for one VCPU at a time, and only for those from the changed VCPU's
 * period on.
 */
#ifndef LIB_ADMIT_H
#define LIB_ADMIT_H

#include <lib/vtime.h>

#define QV_ADMIT_MAX    1024u /* Main VCPUs, I/O VCPUs and interrupt sources, each */
#define QV_ADMIT_NEVER  (1ull << 62) /* a response time that does not end */
#ifndef QV_ADMIT_ROUNDS
#define QV_ADMIT_ROUNDS 1000u /* of one response time; not decided by then means refused. Proofs take fewer */
#endif

struct qv_admit_main {
	uint64_t budget; /* C, cycles; 1 <= C <= T */
	uint64_t period; /* T <= QV_PERIOD_MAX */
	uint32_t id;
	/* How often in a period it is switched to, wake-ups by interrupts not counted: those count with the interrupts. 1 if
	 * its work comes in one piece. 0 if the kernel charges both switches of a wake-up to the VCPU that wakes. */
	uint32_t chunks;
};

struct qv_admit_io {
	uint64_t shortest; /* periods it may inherit lie in [shortest, longest]; 0 and UINT64_MAX: of any Main VCPU */
	uint64_t longest;
	uint32_t id;
	uint32_t num; /* U = num / den, 0 < U < 1 */
	uint32_t den;
};

struct qv_admit_irq {
	uint64_t cost;     /* h: top half with entry and exit, cycles; h <= p */
	uint64_t interval; /* p: shortest time between two, 1 .. QV_PERIOD_MAX */
	uint32_t id;
};

struct qv_admit_core {
	const struct qv_admit_main *main; /* by (period, id), both ascending */
	const struct qv_admit_io *io;
	const struct qv_admit_irq *irq;
	uint32_t mains, ios, irqs; /* at most QV_ADMIT_MAX each */
	/* A context switch and its decision, cycles. Two are counted for each chunk, each interrupt (which may wake an I/O
	 * VCPU) and each burst that an I/O VCPU uses up. */
	uint64_t switch_cost;
	uint64_t granularity;      /* g: largest overrun of a budget, by the timer or a section without preemption */
	uint64_t blocking;         /* B: longest section that cannot be preempted, cycles */
};

/* Parts of a response time, in the order in which they are blamed. */
enum qv_admit_term {
	QV_TERM_BUDGET = 0,  /* the VCPU's own C */
	QV_TERM_HIGHER,      /* budgets of VCPUs with shorter periods (or equal ones and lower ids) */
	QV_TERM_IO,          /* I/O VCPUs */
	QV_TERM_TOP_HALF,    /* interrupts */
	QV_TERM_SWITCH,      /* context switches */
	QV_TERM_GRANULARITY, /* the timer */
	QV_TERM_BLOCKING,
	QV_TERMS
};

enum qv_admit_verdict {
	QV_ADMITTED = 0,
	QV_REFUSED_MAIN,     /* parameters of main[index]: out of range */
	QV_REFUSED_ORDER,    /* main[index] is not after main[index - 1] */
	QV_REFUSED_IO,       /* parameters of io[index] */
	QV_REFUSED_IRQ,      /* parameters of irq[index] */
	QV_REFUSED_COUNT,    /* more than QV_ADMIT_MAX of something */
	QV_REFUSED_FULL,     /* the I/O VCPUs alone take the whole core; index is the one that does not fit any more */
	QV_REFUSED_RESPONSE, /* main[index] may get its budget too late: response > limit, because of `term` */
	QV_REFUSED_ROUNDS    /* main[index]: not decided in QV_ADMIT_ROUNDS */
};

struct qv_admit_answer {
	enum qv_admit_verdict verdict;
	enum qv_admit_term term; /* REFUSED_RESPONSE: with the terms before this one it fits, with it no longer */
	uint32_t index;          /* of the VCPU or interrupt in its array */
	uint32_t id;
	uint64_t response;       /* REFUSED_RESPONSE: a time by which it is not done, > limit; else 0 */
	uint64_t limit;          /* its period */
	uint64_t part[QV_TERMS]; /* REFUSED_RESPONSE: cycles each term asks for in one period */
};

/* A utilisation or a bound: 2^-48 units. */
#define QV_UTIL_ONE (1ull << 48)

struct qv_admit_util {
	uint64_t total; /* sum C/T + sum (2 - U) U, rounded up; QV_UTIL_ONE * 4 if larger than that */
	bool bound;     /* total <= n (2^(1/n) - 1) */
	bool hyperbolic;
};

/* Check ranges and order only. `answer` as from qv_admit(); true if all is well. All functions below need it true. */
bool qv_admit_check(const struct qv_admit_core *core, struct qv_admit_answer *answer);

/* The two tests without overheads. */
struct qv_admit_util qv_admit_utilisation(const struct qv_admit_core *core);

/* Response time of main[index] with the terms of mask `terms` (bit t: enum qv_admit_term; QV_TERM_BUDGET always
 * counts). True and *response <= period; or false and *response is a time > period by which it may not be done, or 0
 * if undecided. */
#define QV_TERMS_ALL ((1u << QV_TERMS) - 1)
bool qv_admit_response(const struct qv_admit_core *core, uint32_t index, uint32_t terms, uint64_t *response);

/* The verdict. `response`, if not NULL, gets the response times of main[0 .. first refused - 1] (all, if admitted). */
struct qv_admit_answer qv_admit(const struct qv_admit_core *core, uint64_t *response);

#endif
